import type { RoleKind } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import {
  ModelEntityTypesDocument,
  RefCategoriesDocument,
  RefConnectionsDocument,
  RefPoliciesDocument,
  RefResourceTypesDocument,
  RefRolesDocument,
} from './RefPicker.generated'

interface Option {
  value: string
  label: string
  hint?: string
}

/** What a reference to a table may name, for the words typed so far. The server searches where there can be many. */
export function useRefOptions(table: string, text: string | undefined, pause: boolean) {
  const [base = '', part] = table.split(':')
  const on = (name: string) => pause || base !== name
  const variables = { text }
  const [policies] = useReading({ query: RefPoliciesDocument, variables, pause: on('policy') })
  const [categories] = useReading({ query: RefCategoriesDocument, variables, pause: on('category') })
  const [roles] = useReading({
    query: RefRolesDocument,
    variables: { ...variables, kind: (part as RoleKind | undefined) ?? null },
    pause: on('role'),
  })
  const [types] = useReading({ query: RefResourceTypesDocument, variables, pause: on('resource_type') })
  const [entityTypes] = useReading({ query: ModelEntityTypesDocument, pause: on('entity_type') })
  const [connections] = useReading({ query: RefConnectionsDocument, pause: on('connection') })
  const said = (name: string) => !text || name.toLowerCase().includes(text.toLowerCase())

  const options: Record<string, Option[] | undefined> = {
    policy: policies.data?.policiesPage.nodes.map((p) => ({ value: p.identifier, label: p.displayName })),
    category: categories.data?.categoriesPage.nodes.map((c) => ({
      value: c.identifier,
      label: c.displayName,
      hint: c.path.join(' / '),
    })),
    role: roles.data?.rolesPage.nodes.map((r) => ({
      value: r.identifier,
      label: r.displayName,
      hint: r.category?.displayName,
    })),
    resource_type: types.data?.resourceTypesPage.nodes.map((r) => ({ value: r.identifier, label: r.displayName })),
    entity_type: entityTypes.data?.entityTypes
      .filter((e) => said(e.displayName))
      .map((e) => ({ value: e.identifier, label: e.displayName })),
    connection: connections.data?.connectors.flatMap((c) =>
      c.connections
        .filter((x) => said(x.displayName))
        .map((x) => ({ value: x.identifier, label: x.displayName, hint: c.displayName })),
    ),
  }
  return { options: options[base] ?? [], known: base in options, loading: options[base] === undefined }
}
