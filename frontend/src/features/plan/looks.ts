import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconCheck,
  IconCircleCheck,
  IconClock,
  IconLoader,
  IconMinus,
  IconPlayerStop,
  IconPlus,
  IconX,
} from '@tabler/icons-react'
import type { PlanEffect, PlanState } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

export const planStates: Record<PlanState, Look> = {
  QUEUED: { tone: 'slate', icon: IconClock, word: t.plan.states.QUEUED },
  RUNNING: { tone: 'blue', icon: IconLoader, word: t.plan.states.RUNNING },
  FINISHED: { tone: 'violet', icon: IconCheck, word: t.plan.states.FINISHED },
  APPLYING: { tone: 'blue', icon: IconLoader, word: t.plan.states.APPLYING },
  APPLIED: { tone: 'green', icon: IconCircleCheck, word: t.plan.states.APPLIED },
  OUT_OF_DATE: { tone: 'amber', icon: IconAlertTriangle, word: t.plan.states.OUT_OF_DATE },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.plan.states.CANCELLED },
  FAILED: { tone: 'red', icon: IconX, word: t.plan.states.FAILED },
}

export const effectLooks: Record<PlanEffect, Look> = {
  REMOVED: { tone: 'red', icon: IconMinus, word: t.plan.effects.REMOVED },
  ADDED: { tone: 'green', icon: IconPlus, word: t.plan.effects.ADDED },
  CHANGED: { tone: 'slate', icon: IconArrowsExchange, word: t.plan.effects.CHANGED },
}

/** Some process has it in hand, or will. */
export const isMoving = (state: PlanState) => state === 'QUEUED' || state === 'RUNNING' || state === 'APPLYING'
