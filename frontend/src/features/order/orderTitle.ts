import { orderKinds } from '../../lib/states'
import type { OrderRowFragment } from './order.generated'

/** "Create Intranet account · Petra Lang" */
export function orderTitle(order: OrderRowFragment): string {
  const whom = order.owner?.displayName ?? order.target?.displayName
  return `${orderKinds[order.kind]} ${order.resourceType.displayName}${whom ? ` · ${whom}` : ''}`
}
