import type { PlanEffect, PlanGrouping, PlanItemFilter } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'

/** How the differences of a plan are shown: in groups, or row by row. */
export const planViews = ['ROLE', 'DIMENSION', 'SYSTEM', 'PERSON', 'rows'] as const satisfies readonly (
  PlanGrouping | 'rows'
)[]
export const planEffects = ['REMOVED', 'ADDED', 'CHANGED'] as const satisfies readonly PlanEffect[]

export interface PlanSearch {
  view?: (typeof planViews)[number]
  /** The group that is open. */
  group?: string
  effect?: PlanEffect
  waits?: 'review' | 'ticket'
  text?: string
}

export function parsePlanSearch(raw: RawSearch): PlanSearch {
  return compact({
    view: oneOf(raw.view, planViews),
    group: typeof raw.group === 'string' ? raw.group.slice(0, 200) : text(raw.group),
    effect: oneOf(raw.effect, planEffects),
    waits: oneOf(raw.waits, ['review', 'ticket'] as const),
    text: text(raw.text),
  })
}

/** The dimension that people are grouped by: the demonstration and most organisations call it so. */
export const groupDimension = 'Department'

/** What of a search narrows the differences themselves. */
export function itemFilter(search: PlanSearch): PlanItemFilter {
  const filter: PlanItemFilter = {}
  if (search.effect) filter.effects = [search.effect]
  if (search.waits === 'review') filter.review = true
  if (search.waits === 'ticket') filter.manual = true
  if (search.text) filter.text = search.text
  if (search.group === undefined) return filter
  switch (search.view) {
    case undefined:
    case 'ROLE':
      return { ...filter, kinds: ['ROLE'], object: search.group }
    case 'SYSTEM':
      return { ...filter, system: search.group }
    case 'PERSON':
      return { ...filter, owner: search.group }
    case 'DIMENSION':
      return { ...filter, dimension: { dimension: groupDimension, value: search.group || null } }
    default:
      return filter
  }
}
