import type { OrderKind, ProvisioningState } from '../../graphql/types.generated'
import { orderKinds, provisioningStates } from '../../lib/states'

/** The parts of a message's body that pages show. */
interface Message {
  data?: {
    cursor?: string
    to?: ProvisioningState
    order?: {
      kind?: OrderKind
      resourceType?: { displayName?: string }
      owner?: { displayName?: string } | null
      target?: { displayName?: string } | null
    }
  }
}

/** What a message tells, in words: "Create Badge card · Petra Lang: Transmitted". Empty for one of another shape. */
export function about(body: unknown): string {
  const { to, order } = (body as Message | null)?.data ?? {}
  if (!order?.kind || !to || !(to in provisioningStates)) return ''
  const name = order.owner?.displayName ?? order.target?.displayName
  const what = [orderKinds[order.kind], order.resourceType?.displayName].filter(Boolean).join(' ')
  return `${[what, name].filter(Boolean).join(' · ')}: ${provisioningStates[to].word}`
}

/** The place of a message in the stream of order changes; null for one without. */
export function cursorOf(delivery: { body: unknown }): string | null {
  return (delivery.body as Message | null)?.data?.cursor ?? null
}
