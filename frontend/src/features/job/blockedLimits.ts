import { formatName, formatNumber, formatValue } from '../../lib/format'

interface Limit {
  name: string
  counted: string
  limit: string
}

/** Lines of server/synchronization and server/order: which counter, how many, how many are allowed. */
interface Exceeded {
  connector?: string
  resourceType?: string
  entityType?: string
  counter?: string
  value?: unknown
  limit?: unknown
  percent?: boolean
  stored?: number
}

/** What a task says about its block, as lines of a table; empty when it says it in another way. */
export function blockedLimits(blocked: unknown): Limit[] {
  if (typeof blocked !== 'object' || blocked === null) return []
  const list = Array.isArray(blocked)
    ? blocked
    : (Object.values(blocked).find((value): value is unknown[] => Array.isArray(value)) ?? [blocked])
  return list.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { connector, resourceType, entityType, counter, value, limit, percent, stored } = entry as Exceeded
    if (value === undefined || limit === undefined) return []
    const about = [connector, resourceType, entityType, counter && formatName(counter)]
    return [
      {
        name: about.filter(Boolean).join(' · '),
        counted: formatValue(value),
        limit: percent ? `${formatValue(limit)} % of ${formatNumber(stored ?? 0)}` : formatValue(limit),
      },
    ]
  })
}
