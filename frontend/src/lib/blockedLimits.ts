import type { LimitFieldsFragment } from '../graphql/limit.generated'
import { formatNumber, formatValue } from './format'
import { t } from './texts'

export interface Limit {
  /** What was counted: "Intranet account: accounts to delete". */
  name: string
  counted: string
  limit: string
  /** Identifier of the resource type whose orders are concerned; empty for what was read. */
  resourceType: string
}

/** Exceeded limits as lines of a table. */
export function blockedLimits(limits: readonly LimitFieldsFragment[]): Limit[] {
  return limits.map((e) => ({
    name: `${e.name}: ${t.job.limitCounter[e.counter]}`,
    counted: formatValue(e.counted),
    limit: e.isPercent ? t.job.ofStored(formatValue(e.limit), formatNumber(e.base)) : formatValue(e.limit),
    resourceType: e.resourceType ?? '',
  }))
}
