import type { OrderKind, ProvisioningState, WebhookEvent } from '../../graphql/types.generated'
import { orderKinds, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'

/** The parts of a message's body that pages show. */
interface Message {
  type?: string
  data?: {
    cursor?: string
    to?: ProvisioningState
    order?: {
      kind?: OrderKind
      resourceType?: { displayName?: string }
      owner?: { displayName?: string } | null
      target?: { displayName?: string } | null
    }
    owner?: { displayName?: string } | null
    account?: { displayName?: string } | null
    resourceType?: string | null
    role?: string | null
    property?: string | null
  }
}

const kinds: Record<string, WebhookEvent> = {
  'gap.changed': 'GAP_CHANGED',
  'gap.decided': 'GAP_DECIDED',
  'found_role.changed': 'FOUND_ROLE_CHANGED',
  'found_role.decided': 'FOUND_ROLE_DECIDED',
  'prolonged_role.changed': 'PROLONGED_ROLE_CHANGED',
  'prolonged_role.decided': 'PROLONGED_ROLE_DECIDED',
}

/** What a message tells, in words: "Create Badge card · Petra Lang: Transmitted", "Differences that are found · Badge card · Petra Lang". Empty for one of another shape. */
export function about(body: unknown): string {
  const { type, data } = (body as Message | null) ?? {}
  const event = data?.order ? undefined : kinds[type ?? '']
  if (event) {
    const who = data?.owner?.displayName ?? data?.account?.displayName
    return [t.webhook.event[event], data?.role ?? data?.resourceType, data?.property, who].filter(Boolean).join(' · ')
  }
  const { to, order } = data ?? {}
  if (!order?.kind || !to || !(to in provisioningStates)) return ''
  const name = order.owner?.displayName ?? order.target?.displayName
  const what = [orderKinds[order.kind], order.resourceType?.displayName].filter(Boolean).join(' ')
  return `${[what, name].filter(Boolean).join(' · ')}: ${provisioningStates[to].word}`
}

/** What an endpoint is told of, in words. */
export function toldOf(events: readonly WebhookEvent[]): string {
  return events.map((event) => t.webhook.event[event]).join(', ')
}

/** The place of a message in the stream of events; null for one without. */
export function cursorOf(delivery: { body: unknown }): string | null {
  return (delivery.body as Message | null)?.data?.cursor ?? null
}
