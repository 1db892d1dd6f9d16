import { t } from '../../lib/texts'
import { amount, sizeOf, type Amount } from '../../lib/texts/plural'
import type { OrderRowFragment } from './orderColumns.generated'

/** "Petra Lang, E1; Hanna Silva, E2 and 307 more": whom a question about many orders is about. */
export function ordersNamed(orders: readonly OrderRowFragment[], count: Amount): string {
  const few = orders
    .slice(0, 5)
    .map((order) =>
      order.owner ? `${order.owner.displayName}, ${order.owner.key}` : (order.target?.displayName ?? t.order.noOwner),
    )
  return few.length === 0
    ? ''
    : t.order.fewAndMore(few.join('; '), amount(sizeOf(count) - few.length, typeof count !== 'number'))
}
