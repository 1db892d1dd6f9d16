import { orderKinds } from '../../lib/states'
import { t } from '../../lib/texts'
import type { OrderTitleFragment } from './orderTitle.generated'

/** "Create Intranet account · Petra Lang" */
export function orderTitle(order: OrderTitleFragment): string {
  const whom = order.owner?.displayName ?? order.target?.displayName
  return `${orderKinds[order.kind]} ${order.resourceType.displayName}${whom ? ` · ${whom}` : ''}`
}

/** "create Intranet account for Petra Lang, E1": what a question is about, in the middle of a sentence. */
export function orderPhrase(order: OrderTitleFragment): string {
  const verb = orderKinds[order.kind].toLowerCase()
  if (order.owner)
    return t.order.phrase(verb, order.resourceType.displayName, `${order.owner.displayName}, ${order.owner.key}`)
  return t.order.phrase(verb, order.resourceType.displayName, order.target?.displayName ?? t.order.noOwner)
}
