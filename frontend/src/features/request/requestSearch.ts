import type {
  CatalogueFilter,
  CatalogueStatus,
  RequestAction,
  RequestFilter,
  RequestSort,
  RequestState,
} from '../../graphql/types.generated'
import { compact, manyOf, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about the catalogue, and what a link puts into the basket. */
export interface RequestSearch {
  text?: string
  /** Name of a category. */
  category?: string
  statuses?: CatalogueStatus[]
  /** Id of the person for whom the catalogue is shown, when it is asked for several. */
  shown?: string
  /** Where there is room for one only. */
  view?: 'basket'
  /** Identifier of a role that goes into the basket. */
  role?: string
  /** Id of the person it is for. */
  for?: string
  action?: RequestAction
}

/** What the address says about a list of what was asked for. */
export interface RequestListSearch {
  view?: 'about' | 'stuck' | 'all'
  states?: RequestState[]
  actions?: RequestAction[]
  text?: string
  sort?: RequestSort
}

export const statusList: CatalogueStatus[] = [
  'CAN_BE_REQUESTED',
  'HELD_BY_HAND',
  'HELD_BY_RULE',
  'REQUESTED',
  'FORBIDDEN',
]
export const actionList: RequestAction[] = ['ADD', 'EXTEND', 'REMOVE', 'DENY', 'ALLOW']
export const stateList: RequestState[] = [
  'SUBMITTED',
  'IN_APPROVAL',
  'APPROVED',
  'FULFILLED',
  'DECLINED',
  'EXPIRED',
  'CANCELLED',
  'WITHDRAWN',
]

export const parseRequestSearch = (raw: RawSearch): RequestSearch =>
  compact<RequestSearch>({
    text: text(raw.text),
    category: text(raw.category),
    statuses: manyOf(raw.statuses, statusList),
    shown: text(raw.shown),
    view: oneOf(raw.view, ['basket']),
    role: text(raw.role),
    for: text(raw.for),
    action: oneOf(raw.action, actionList),
  })

export const parseRequestListSearch = (raw: RawSearch): RequestListSearch =>
  compact<RequestListSearch>({
    view: oneOf(raw.view, ['about', 'stuck', 'all']),
    states: manyOf(raw.states, stateList),
    actions: manyOf(raw.actions, actionList),
    text: text(raw.text),
    sort: oneOf(raw.sort, ['NEWEST', 'OLDEST', 'DUE']),
  })

/** A category is found by its name, which is among the words of its roles. */
export const toCatalogueFilter = (search: RequestSearch): CatalogueFilter =>
  compact<CatalogueFilter>({
    text: [search.text, search.category].filter(Boolean).join(' ') || undefined,
    statuses: search.statuses,
  })

export const countCatalogueFilters = ({ text, category, statuses }: RequestSearch) =>
  [text, category, statuses].filter((value) => value !== undefined).length

/** What the caller asked for, or what others asked for him. */
export const mineVariables = (search: RequestListSearch) => ({
  filter: compact<RequestFilter>({
    ...(search.view === 'about' ? { aboutMe: true, mine: false } : { mine: true }),
    states: search.states,
    actions: search.actions,
    text: search.text,
  }),
  orderBy: search.sort ?? 'NEWEST',
})

/** What the caller may decide, what nobody may, or all that he sees. */
export const approvalVariables = (search: RequestListSearch) => ({
  filter: compact<RequestFilter>({
    ...(search.view === 'stuck' ? { stuck: true } : search.view === 'all' ? {} : { toDecideByMe: true }),
    states: search.view === 'all' ? search.states : undefined,
    actions: search.actions,
    text: search.text,
  }),
  orderBy: search.sort ?? (search.view === 'all' ? 'NEWEST' : 'DUE'),
})

export const countListFilters = ({ states, actions, text }: RequestListSearch) =>
  [states, actions, text].filter((value) => value !== undefined).length
