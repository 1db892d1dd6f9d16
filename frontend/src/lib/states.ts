import {
  IconAlertTriangle,
  IconBan,
  IconCheck,
  IconChecks,
  IconCircle,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconHelpCircle,
  IconLoader,
  IconMinus,
  IconPlayerPause,
  IconPlayerStop,
  IconPlugConnectedX,
  IconPointFilled,
  IconSend,
  type Icon,
} from '@tabler/icons-react'
import type {
  ConnectorHealth,
  DeliveryState,
  ErrorClass,
  JobInstanceState,
  OrderKind,
  ProvisioningState,
  TaskInstanceState,
  WaitReason,
  WebhookDeliveryState,
} from '../graphql/types.generated'
import { t } from './texts'
import type { Tone } from './tones'

/** How a state looks: the same colour, icon and word everywhere. */
export interface Look {
  tone: Tone
  icon: Icon
  word: string
  /** What it means, for a tooltip. */
  hint?: string
}

type ProvisioningLook = Look & { code: number; hint: string }

/** The nine provisioning states (ui.md, "States are a language"). */
export const provisioningStates: Record<ProvisioningState, ProvisioningLook> = {
  NONE: { code: 0, tone: 'grey', icon: IconPointFilled, ...t.state.NONE },
  PENDING: { code: 1, tone: 'blue', icon: IconClock, ...t.state.PENDING },
  TRANSMITTED: { code: 2, tone: 'violet', icon: IconSend, ...t.state.TRANSMITTED },
  ERRORED: { code: 3, tone: 'red', icon: IconCircleX, ...t.state.ERRORED },
  VERIFIED: { code: 4, tone: 'green', icon: IconChecks, ...t.state.VERIFIED },
  AWAITING_APPROVAL: { code: 5, tone: 'amber', icon: IconHandStop, ...t.state.AWAITING_APPROVAL },
  INACTIVE: { code: 6, tone: 'slate', icon: IconPlayerPause, ...t.state.INACTIVE },
  ERROR: { code: 7, tone: 'darkred', icon: IconAlertTriangle, ...t.state.ERROR },
  EXECUTED: { code: 8, tone: 'teal', icon: IconCheck, ...t.state.EXECUTED },
}

/** By code, 0 to 8. */
export const provisioningStateList = (Object.keys(provisioningStates) as ProvisioningState[]).sort(
  (a, b) => provisioningStates[a].code - provisioningStates[b].code,
)

export const jobStates: Record<JobInstanceState, Look> = {
  QUEUED: { tone: 'grey', icon: IconClock, word: t.jobState.QUEUED },
  IN_PROGRESS: { tone: 'blue', icon: IconLoader, word: t.jobState.IN_PROGRESS },
  COMPLETED: { tone: 'green', icon: IconCheck, word: t.jobState.COMPLETED },
  WARNING: { tone: 'amber', icon: IconAlertTriangle, word: t.jobState.WARNING },
  ERRORED: { tone: 'red', icon: IconCircleX, word: t.jobState.ERRORED },
  BLOCKED: { tone: 'amber', icon: IconHandStop, word: t.jobState.BLOCKED },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.jobState.CANCELLED },
  ABORTED: { tone: 'darkred', icon: IconPlugConnectedX, word: t.jobState.ABORTED },
}

export const taskStates: Record<TaskInstanceState, Look> = {
  WAITING: { tone: 'grey', icon: IconCircle, word: t.taskState.WAITING },
  IN_PROGRESS: { tone: 'blue', icon: IconLoader, word: t.taskState.IN_PROGRESS },
  COMPLETED: { tone: 'green', icon: IconCheck, word: t.taskState.COMPLETED },
  COMPLETED_NO_OUTPUT: { tone: 'green', icon: IconCheck, word: t.taskState.COMPLETED_NO_OUTPUT },
  WARNING: { tone: 'amber', icon: IconAlertTriangle, word: t.taskState.WARNING },
  ERRORED: { tone: 'red', icon: IconCircleX, word: t.taskState.ERRORED },
  BLOCKED: { tone: 'amber', icon: IconHandStop, word: t.taskState.BLOCKED },
  SKIPPED: { tone: 'grey', icon: IconMinus, word: t.taskState.SKIPPED },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.taskState.CANCELLED },
  ABORTED: { tone: 'darkred', icon: IconPlugConnectedX, word: t.taskState.ABORTED },
}

export const healthStates: Record<ConnectorHealth, Look> = {
  OK: { tone: 'green', icon: IconCheck, word: t.health.OK },
  WARNING: { tone: 'amber', icon: IconAlertTriangle, word: t.health.WARNING },
  ERROR: { tone: 'red', icon: IconCircleX, word: t.health.ERROR },
  UNKNOWN: { tone: 'grey', icon: IconHelpCircle, word: t.health.UNKNOWN },
  DEACTIVATED: { tone: 'slate', icon: IconPlayerPause, word: t.health.DEACTIVATED },
}

export const deliveryStates: Record<DeliveryState, Look> = {
  EXPORTING: { tone: 'blue', icon: IconLoader, word: t.deliveryState.EXPORTING },
  PREPARED: { tone: 'blue', icon: IconClock, word: t.deliveryState.PREPARED },
  BLOCKED: { tone: 'amber', icon: IconHandStop, word: t.deliveryState.BLOCKED },
  APPLIED: { tone: 'green', icon: IconCheck, word: t.deliveryState.APPLIED },
  DROPPED: { tone: 'slate', icon: IconBan, word: t.deliveryState.DROPPED },
  FAILED: { tone: 'red', icon: IconCircleX, word: t.deliveryState.FAILED },
}

export const webhookDeliveryStates: Record<WebhookDeliveryState, Look> = {
  PENDING: { tone: 'blue', icon: IconClock, word: t.webhookState.PENDING },
  DELIVERED: { tone: 'green', icon: IconCheck, word: t.webhookState.DELIVERED },
  FAILED: { tone: 'red', icon: IconCircleX, word: t.webhookState.FAILED },
  GIVEN_UP: { tone: 'darkred', icon: IconBan, word: t.webhookState.GIVEN_UP },
}

/** What an order does to its target. */
export const orderKinds: Record<OrderKind, string> = t.orderKind
export const orderKindList = Object.keys(t.orderKind) as OrderKind[]

export const waitReasonList = Object.keys(t.waitReason) as WaitReason[]
export const errorClassList = Object.keys(t.errorClass) as ErrorClass[]

/** What moved an order; events and transitions spell it in lower case. */
export function moveWord(action: string): string | undefined {
  return (t.order.moves as Record<string, string>)[action.toLowerCase()]
}
