import type { RedundantAssignmentFilter, RedundantKind } from '../../graphql/types.generated'
import { compact, manyOf, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about redundant assignments. */
export interface RedundantSearch {
  text?: string
  kinds?: RedundantKind[]
  policy?: string
  part?: 'whole' | 'part'
}

export const kindList: RedundantKind[] = ['COMPOSITE_ROLE', 'SINGLE_ROLE', 'RESOURCE_TYPE']

export function parseRedundantSearch(raw: RawSearch): RedundantSearch {
  return compact<RedundantSearch>({
    text: text(raw.text),
    kinds: manyOf(raw.kinds, kindList),
    policy: text(raw.policy),
    part: oneOf(raw.part, ['whole', 'part']),
  })
}

export const toRedundantFilter = (search: RedundantSearch): RedundantAssignmentFilter =>
  compact<RedundantAssignmentFilter>({
    text: search.text,
    kinds: search.kinds,
    policies: search.policy === undefined ? undefined : [search.policy],
    isWhole: search.part && search.part === 'whole',
  })

/** What the list asks the server for: the page, and what is fetched ahead of it. */
export const redundantVariables = (search: RedundantSearch) => ({ filter: toRedundantFilter(search) })

export const countRedundantFilters = (search: RedundantSearch) => Object.keys(compact(search)).length
