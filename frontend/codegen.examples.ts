import type { CodegenConfig } from '@graphql-codegen/cli'

/** The types of the example client in TypeScript, which needs no package: documents are strings that know their answers. Committed. */
const codegen: CodegenConfig = {
  schema: '../graph/schema/*.graphqls',
  documents: ['../examples/typescript/*.graphql'],
  generates: {
    '../examples/typescript/orders.generated.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        documentMode: 'string',
        scalars: { DateTime: 'string', JSON: 'unknown', Int64: 'number', ID: 'string' },
      },
    },
  },
}

export default codegen
