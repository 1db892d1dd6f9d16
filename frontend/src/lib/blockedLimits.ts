import { formatName, formatNumber, formatValue } from './format'
import { t } from './texts'

export interface Limit {
  /** What was counted: "Intranet account: accounts to delete". */
  name: string
  counted: string
  limit: string
  /** Identifier of the resource type whose orders are concerned; empty for what was read. */
  resourceType: string
}

/** A limit as the server says it: of a reading (counter, value, percent, stored) or of orders (action, count, isPercent, base). */
interface Exceeded {
  name?: string
  resourceType?: string
  entityType?: string
  counter?: string
  action?: string
  value?: number
  count?: number
  limit?: number
  percent?: boolean
  isPercent?: boolean
  stored?: number
  base?: number
}

/** What a task or a delivery says about its block, as lines of a table. */
export function blockedLimits(blocked: unknown): Limit[] {
  if (typeof blocked !== 'object' || blocked === null) return []
  const list = Array.isArray(blocked)
    ? blocked
    : (Object.values(blocked).find((value): value is unknown[] => Array.isArray(value)) ?? [blocked])
  return list.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return []
    const e = entry as Exceeded
    const counted = e.value ?? e.count
    if (counted === undefined || e.limit === undefined) return []
    const counter = e.counter ?? e.action ?? ''
    const about = e.name ?? e.resourceType ?? e.entityType
    const word = t.job.counterWord[counter] ?? formatName(counter)
    const stored = e.stored ?? e.base ?? 0
    return [
      {
        name: about ? `${about}: ${word.toLowerCase()}` : word,
        counted: formatValue(counted),
        limit:
          (e.percent ?? e.isPercent)
            ? t.job.ofStored(formatValue(e.limit), formatNumber(stored))
            : formatValue(e.limit),
        resourceType: e.resourceType ?? '',
      },
    ]
  })
}

/** The sentence of a block, for what no table can show; empty when there is none. */
export function blockedMessage(blocked: unknown): string {
  const message =
    typeof blocked === 'object' && blocked !== null ? (blocked as { message?: unknown }).message : undefined
  return typeof message === 'string' ? message : ''
}
