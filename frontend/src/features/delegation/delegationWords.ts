import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import type { DelegationRowFragment } from './delegation.generated'

/** What it covers, in words: the work, and what narrows it. */
export function coversText(d: DelegationRowFragment): string {
  const narrowed = [...d.scope.roles, ...d.scope.categories, ...d.scope.policies, ...d.scope.entityTypes]
  return `${d.kinds.map((k) => t.delegation.kind[k]).join(', ')}: ${narrowed.length ? narrowed.join(', ') : t.delegation.all}`
}

/** From when until when, to the minute. */
export function delegationPeriod(d: DelegationRowFragment): string {
  return t.delegation.period(formatExact(d.startDate), d.endDate ? formatExact(d.endDate) : t.delegation.noEnd)
}
