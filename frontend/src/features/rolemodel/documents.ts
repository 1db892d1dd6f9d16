import { gql, type TypedDocumentNode } from 'urql'
import type { PlanAction, ProblemSeverity } from '../../graphql/types.generated'
import { fieldsOf, type Draft, type KindShape } from './shape'

// What is asked of the server about an object of any kind. The documents are written from its shape, so that a kind costs no file of its own.

/** What would change, or did. */
export interface Plan {
  changes: {
    action: PlanAction
    kind: string
    identifier: string
    fields: { path: string; before?: string | null; after?: string | null }[]
  }[]
  problems: { severity: ProblemSeverity; kind: string; identifier: string; field: string; message: string }[]
  versions: { kind: string; identifier: string; version: string }[]
  dryRun: boolean
}

const planFields = `changes { action kind identifier fields { path before after } }
  problems { severity kind identifier field message } versions { kind identifier version } dryRun`

/** The name of a kind where the API lists kinds. */
export const enumOf = (kind: string) => kind.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()

function selection(struct: string): string {
  return fieldsOf(struct)
    .filter((f) => !f.secret)
    .map((f) => {
      switch (f.type) {
        case 'list':
        case 'part':
          return `${f.name} { ${selection(f.of ?? '')} }`
        case 'criteria':
          return `${f.name} { dimension key inherit }`
        case 'values':
          return `${f.name} { name value }`
        default:
          return f.name
      }
    })
    .join(' ')
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const once = <T>(make: (kind: KindShape) => T) => {
  const kept = new Map<string, T>()
  return (kind: KindShape): T => {
    const known = kept.get(kind.name) ?? make(kind)
    kept.set(kind.name, known)
    return known
  }
}

/** Objects of a kind whole, with their versions. */
export const readObjects = once(
  (
    kind,
  ): TypedDocumentNode<
    { configuration: { objects: { nodes: (Draft & { version: string })[] } | null } },
    { identifiers: string[]; first: number }
  > => gql`query Objects($identifiers: [String!], $first: Int) {
    configuration { objects: ${kind.list}(identifiers: $identifiers, first: $first) { nodes { ${selection(kind.of)} version } } }
  }`,
)

/** A page of the objects of a kind, by what they are called. */
export const listObjects = once(
  (
    kind,
  ): TypedDocumentNode<
    {
      configuration: {
        objects: {
          nodes: { identifier: string; displayName: string; policy?: string }[]
          pageInfo: { hasNextPage: boolean; endCursor?: string | null }
          totalCount: number
          totalCountIsEstimate: boolean
        } | null
      }
    },
    { first: number; after: string | null }
  > => gql`query ObjectList($first: Int, $after: String) {
    configuration { objects: ${kind.list}(first: $first, after: $after) {
      nodes { identifier displayName ${fieldsOf(kind.of).some((f) => f.name === 'policy') ? 'policy' : ''} }
      pageInfo { hasNextPage endCursor } totalCount totalCountIsEstimate
    } }
  }`,
)

export const saveObject = once(
  (
    kind,
  ): TypedDocumentNode<
    { done: Plan },
    { input: Draft }
  > => gql`mutation SaveObject($input: Save${upper(kind.name)}Input!) {
    done: save${upper(kind.name)}(input: $input) { ${planFields} }
  }`,
)

export const deleteObject = once(
  (
    kind,
  ): TypedDocumentNode<
    { done: Plan },
    { input: Draft }
  > => gql`mutation DeleteObject($input: DeleteConfigurationInput!) {
    done: delete${upper(kind.name)}(input: $input) { ${planFields} }
  }`,
)

/** Several objects at once, all of it or nothing. */
export const applyObjects: TypedDocumentNode<{ done: Plan }, { input: Draft }> = gql`
  mutation ApplyObjects($input: ApplyConfigurationInput!) {
    done: applyConfiguration(input: $input) { ${planFields} }
  }
`
