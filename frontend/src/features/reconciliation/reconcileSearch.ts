import type {
  AccountWithoutOwnerFilter,
  OwnerlessReason,
  ReconciliationFilter,
  ReconciliationKind,
  ReconciliationSort,
  ReconciliationState,
} from '../../graphql/types.generated'
import { compact, flag, many, manyOf, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about the list of differences. */
export interface DifferenceSearch {
  view?: 'rows'
  kind?: ReconciliationKind
  states?: ReconciliationState[]
  systems?: string[]
  types?: string[]
  property?: string
  /** Id of the pattern whose rows are shown. */
  pattern?: string
  text?: string
  postponed?: true
  sort?: ReconciliationSort
}

/** What the address says about the list of accounts without an owner. */
export interface OrphanSearch {
  reasons?: OwnerlessReason[]
  systems?: string[]
  types?: string[]
  text?: string
  postponed?: 'yes' | 'no'
}

export const stateList: ReconciliationState[] = ['NON_CONFORMING', 'PRE_EXISTING', 'QUESTIONED']
export const reasonList: OwnerlessReason[] = ['LEAVER', 'OWNER_GONE', 'AMBIGUOUS', 'NEVER_MATCHED']

/** Accounts without an owner have a page of their own. */
const listedKinds: ReconciliationKind[] = ['UNAUTHORIZED', 'UNRECONCILED', 'MISSING']

export function parseDifferenceSearch(raw: RawSearch): DifferenceSearch {
  return compact<DifferenceSearch>({
    view: oneOf(raw.view, ['rows']),
    kind: oneOf(raw.kind, listedKinds),
    states: manyOf(raw.states, stateList),
    systems: many(raw.systems),
    types: many(raw.types),
    property: text(raw.property),
    pattern: text(raw.pattern, 4_000),
    text: text(raw.text),
    postponed: flag(raw.postponed),
    sort: oneOf(raw.sort, ['NEWEST']),
  })
}

export function parseOrphanSearch(raw: RawSearch): OrphanSearch {
  return compact<OrphanSearch>({
    reasons: manyOf(raw.reasons, reasonList),
    systems: many(raw.systems),
    types: many(raw.types),
    text: text(raw.text),
    postponed: oneOf(raw.postponed, ['yes', 'no']),
  })
}

/** The same as the filter of the query. */
export function toFilter(search: DifferenceSearch): ReconciliationFilter {
  return compact<ReconciliationFilter>({
    kinds: search.kind ? [search.kind] : listedKinds,
    states: search.states,
    systems: search.systems,
    resourceTypes: search.types,
    properties: search.property ? [search.property] : undefined,
    pattern: search.pattern,
    text: search.text,
    postponed: search.postponed,
  })
}

function toOrphanFilter(search: OrphanSearch): AccountWithoutOwnerFilter {
  return compact<AccountWithoutOwnerFilter>({
    reasons: search.reasons,
    systems: search.systems,
    resourceTypes: search.types,
    text: search.text,
    postponed: search.postponed && search.postponed === 'yes',
  })
}

/** Rows are shown, one by one: when asked for, and whenever one pattern is looked at. */
export const showsRows = (search: DifferenceSearch) => search.view === 'rows' || search.pattern !== undefined

/** What each list asks the server for: the page, and what is fetched ahead of it. */
export const itemVariables = (search: DifferenceSearch) => ({ filter: toFilter(search), orderBy: search.sort })
export const patternVariables = (search: DifferenceSearch) => ({ filter: toFilter(search) })
export const orphanVariables = (search: OrphanSearch) => ({ filter: toOrphanFilter(search) })

/** How many filters are set, for "clear". */
export function countFilters({ view: _view, kind: _kind, sort: _sort, ...filters }: DifferenceSearch): number {
  return Object.keys(filters).length
}
