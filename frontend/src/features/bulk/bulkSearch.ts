import type { BulkItemState } from '../../graphql/types.generated'
import { compact, oneOf, type RawSearch } from '../../lib/search'

/** Which items of a bulk change are shown; none: all of them. */
export const itemViews = ['DONE', 'SKIPPED', 'FAILED', 'TODO'] as const satisfies readonly BulkItemState[]

export interface BulkSearch {
  view?: BulkItemState
}

export function parseBulkSearch(raw: RawSearch): BulkSearch {
  return compact({ view: oneOf(raw.view, itemViews) })
}
