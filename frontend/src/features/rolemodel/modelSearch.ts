import type { ResourceTypeFilter, RoleFilter, RoleKind } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'
import { t } from '../../lib/texts'

export interface ModelSearch {
  text?: string
  kind?: RoleKind
}

/** What the lists of the role model ask the server for. */
export const roleVariables = (search: ModelSearch) => ({ filter: compact<RoleFilter>({ ...search }) })
export const typeVariables = (search: ModelSearch) => ({ filter: compact<ResourceTypeFilter>({ text: search.text }) })

export function parseModelSearch(raw: RawSearch): ModelSearch {
  return compact<ModelSearch>({ text: text(raw.text), kind: oneOf(raw.kind, Object.keys(t.model.kinds) as RoleKind[]) })
}
