import type {
  AccountWithoutOwnerFilter,
  OwnerlessReason,
  ProlongedCause,
  ProlongedRoleFilter,
  RecognitionState,
  RecognizedAccountFilter,
  ReconciliationFilter,
  ReconciliationKind,
  ReconciliationSort,
  ReconciliationState,
  RoleReconciliationFilter,
  RoleReconciliationState,
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

/** What the address says about the list of recognized accounts. */
export interface RecognitionSearch {
  states?: RecognitionState[]
  frozen?: 'yes' | 'no'
  systems?: string[]
  types?: string[]
  text?: string
}

/** What the address says about the list of found roles. */
export interface RoleSearch {
  view?: 'rows'
  /** Identifier of the role whose people are shown. */
  role?: string
  states?: RoleReconciliationState[]
  complete?: 'yes' | 'no'
  text?: string
  postponed?: true
  /** Those that are decided, instead of those that wait. */
  decided?: true
  sort?: ReconciliationSort
}

/** What the address says about the list of roles in their grace period. */
export interface ProlongedSearch {
  /** Identifier of a role. */
  role?: string
  causes?: ProlongedCause[]
  text?: string
  sort?: ReconciliationSort
}

export const causeList: ProlongedCause[] = ['RULE_GONE', 'RULE_CHANGED', 'OVERRULED']

export const roleStateList: RoleReconciliationState[] = ['NON_CONFORMING', 'PRE_EXISTING']
const decidedStates: RoleReconciliationState[] = ['KEPT', 'REMOVED']

export const stateList: ReconciliationState[] = ['NON_CONFORMING', 'PRE_EXISTING', 'QUESTIONED']
export const reasonList: OwnerlessReason[] = ['LEAVER', 'OWNER_GONE', 'AMBIGUOUS', 'NEVER_MATCHED']

const recognitionList: RecognitionState[] = ['OWNED', 'GUESSED', 'NOBODYS', 'AMBIGUOUS', 'UNRECOGNIZED']

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

export function parseRecognitionSearch(raw: RawSearch): RecognitionSearch {
  return compact<RecognitionSearch>({
    states: manyOf(raw.states, recognitionList),
    frozen: oneOf(raw.frozen, ['yes', 'no']),
    systems: many(raw.systems),
    types: many(raw.types),
    text: text(raw.text),
  })
}

export function parseRoleSearch(raw: RawSearch): RoleSearch {
  return compact<RoleSearch>({
    view: oneOf(raw.view, ['rows']),
    role: text(raw.role),
    states: manyOf(raw.states, roleStateList),
    complete: oneOf(raw.complete, ['yes', 'no']),
    text: text(raw.text),
    postponed: flag(raw.postponed),
    decided: flag(raw.decided),
    sort: oneOf(raw.sort, ['NEWEST']),
  })
}

export function parseProlongedSearch(raw: RawSearch): ProlongedSearch {
  return compact<ProlongedSearch>({
    role: text(raw.role),
    causes: manyOf(raw.causes, causeList),
    text: text(raw.text),
    sort: oneOf(raw.sort, ['NEWEST']),
  })
}

export function toProlongedFilter(search: ProlongedSearch): ProlongedRoleFilter {
  return compact<ProlongedRoleFilter>({
    roles: search.role ? [search.role] : undefined,
    causes: search.causes,
    text: search.text,
  })
}

export const prolongedVariables = (search: ProlongedSearch) => ({
  filter: toProlongedFilter(search),
  orderBy: search.sort,
})
export const countProlongedFilters = ({ sort: _sort, ...filters }: ProlongedSearch) => Object.keys(filters).length

export function toRoleFilter(search: RoleSearch): RoleReconciliationFilter {
  return compact<RoleReconciliationFilter>({
    roles: search.role ? [search.role] : undefined,
    states: search.decided ? decidedStates : search.states,
    complete: search.complete && search.complete === 'yes',
    text: search.text,
    postponed: search.postponed,
  })
}

export const showsPeople = (search: RoleSearch) =>
  search.view === 'rows' || search.role !== undefined || search.decided === true
export const roleVariables = (search: RoleSearch) => ({ filter: toRoleFilter(search), orderBy: search.sort })
export const rolePatternVariables = (search: RoleSearch) => ({ filter: toRoleFilter(search) })
export function countRoleFilters({ view: _view, sort: _sort, decided: _decided, ...filters }: RoleSearch): number {
  return Object.keys(filters).length
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

export function toOrphanFilter(search: OrphanSearch): AccountWithoutOwnerFilter {
  return compact<AccountWithoutOwnerFilter>({
    reasons: search.reasons,
    systems: search.systems,
    resourceTypes: search.types,
    text: search.text,
    postponed: search.postponed && search.postponed === 'yes',
  })
}

export function toRecognitionFilter(search: RecognitionSearch): RecognizedAccountFilter {
  return compact<RecognizedAccountFilter>({
    states: search.states,
    frozen: search.frozen && search.frozen === 'yes',
    systems: search.systems,
    resourceTypes: search.types,
    text: search.text,
  })
}

export const recognitionVariables = (search: RecognitionSearch) => ({ filter: toRecognitionFilter(search) })

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
