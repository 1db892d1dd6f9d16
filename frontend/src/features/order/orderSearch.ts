import type {
  ErrorClass,
  OrderFilter,
  OrderKind,
  OrderSort,
  ProvisioningState,
  WaitReason,
} from '../../graphql/types.generated'
import { compact, flag, instant, many, manyOf, oneOf, text, type RawSearch } from '../../lib/search'
import { errorClassList, orderKindList, provisioningStateList, waitReasonList } from '../../lib/states'
import { t } from '../../lib/texts'

export interface OrderSearch {
  text?: string
  states?: ProvisioningState[]
  kinds?: OrderKind[]
  types?: string[]
  systems?: string[]
  /** Kind of the owner. */
  of?: string
  ownerId?: string
  open?: 'yes' | 'no'
  cause?: ErrorClass
  noPostponed?: true
  /** Why they wait. */
  waits?: WaitReason[]
  after?: string
  before?: string
  sort?: OrderSort
  /** Property view of the review. */
  view?: 'property'
  property?: string
}

export const orderSorts = () => Object.keys(t.order.sorts) as OrderSort[]

/** Reads what stands in the URL; bad values fall away. */
export function parseOrderSearch(raw: RawSearch): OrderSearch {
  return compact<OrderSearch>({
    text: text(raw.text),
    states: manyOf(raw.states, provisioningStateList),
    kinds: manyOf(raw.kinds, orderKindList),
    types: many(raw.types),
    systems: many(raw.systems),
    of: text(raw.of),
    ownerId: text(raw.ownerId),
    open: oneOf(raw.open, ['yes', 'no']),
    cause: oneOf(raw.cause, errorClassList),
    noPostponed: flag(raw.noPostponed),
    waits: manyOf(raw.waits, waitReasonList),
    after: instant(raw.after),
    before: instant(raw.before),
    sort: oneOf(raw.sort, orderSorts()),
    view: oneOf(raw.view, ['property']),
    property: text(raw.property),
  })
}

/** The same as the filter of the query. */
export function toOrderFilter(search: OrderSearch): OrderFilter {
  return compact<OrderFilter>({
    text: search.text,
    states: search.states,
    kinds: search.kinds,
    resourceTypes: search.types,
    connectors: search.systems,
    ownerEntityType: search.of,
    ownerId: search.ownerId,
    open: search.open === undefined ? undefined : search.open === 'yes',
    errorClass: search.cause,
    hidePostponed: search.noPostponed,
    waitReasons: search.waits,
    createdAfter: search.after,
    createdBefore: search.before,
  })
}

/** What each list of orders asks the server for: the page, and what is fetched ahead of it. */
export const reviewVariables = (search: OrderSearch) => ofStates(search, ['AWAITING_APPROVAL'])
export const errorVariables = (search: OrderSearch) => ofStates(search, ['ERRORED', 'ERROR'])
export const manualVariables = (search: OrderSearch) => ({ filter: toOrderFilter(search) })
export const orderVariables = (search: OrderSearch) => ({ filter: toOrderFilter(search), orderBy: search.sort })

function ofStates(search: OrderSearch, states: ProvisioningState[]) {
  const filter: OrderFilter = { states, ...toOrderFilter(search) }
  return { filter, orderBy: search.sort }
}

/** How many filters are set, for "clear". */
export function countFilters(search: OrderSearch): number {
  const { sort: _sort, view: _view, property: _property, of: _of, ...filters } = search
  return Object.keys(filters).length
}

/** True if a new order could belong to this list, as far as the change itself tells. */
export function couldMatch(
  search: OrderSearch,
  change: { to: ProvisioningState; order: { kind: OrderKind; resourceType: { identifier: string } } },
): boolean {
  if (search.text || search.ownerId || search.cause || search.waits) return false
  if (search.states && !search.states.includes(change.to)) return false
  if (search.kinds && !search.kinds.includes(change.order.kind)) return false
  return !search.types || search.types.includes(change.order.resourceType.identifier)
}
