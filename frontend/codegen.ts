import type { CodegenConfig } from '@graphql-codegen/cli'

const config = {
  useTypeImports: true,
  enumsAsTypes: true,
  strictScalars: true,
  scalars: { DateTime: 'string', JSON: 'unknown', Int64: 'number', ID: 'string' },
}

/** Typed documents beside the .graphql files that ask for them, so that every page carries only its own. Committed. */
const codegen: CodegenConfig = {
  schema: '../graph/schema/*.graphqls',
  documents: ['src/**/*.graphql'],
  generates: {
    'src/graphql/types.generated.ts': { plugins: ['typescript'], config: { ...config, onlyOperationTypes: true } },
    'src/graphql/embedded.generated.ts': { plugins: ['./codegen.embedded.mjs'] },
    'src/': {
      preset: 'near-operation-file',
      presetConfig: { extension: '.generated.ts', baseTypesPath: 'graphql/types.generated.ts' },
      plugins: ['typescript-operations', 'typed-document-node'],
      config: { ...config, importSchemaTypesFrom: 'src/graphql/types.generated.ts' },
    },
  },
}

export default codegen
