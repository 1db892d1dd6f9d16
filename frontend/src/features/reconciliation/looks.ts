import {
  IconAlertTriangle,
  IconArrowsDiff,
  IconCircleDashed,
  IconClock,
  IconCircleCheck,
  IconDoorExit,
  IconHelpCircle,
  IconUserOff,
  IconUserQuestion,
  IconUsers,
} from '@tabler/icons-react'
import type {
  OwnerlessReason,
  RecognitionState,
  ReconciliationKind,
  ReconciliationState,
} from '../../graphql/types.generated'
import { actorName } from '../../lib/actor'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

const kind = (of: ReconciliationKind) => ({ word: t.reconcile.kind[of], hint: t.reconcile.kindHint[of] })
const state = (of: ReconciliationState) => ({ word: t.reconcile.states[of], hint: t.reconcile.stateHint[of] })

export const kindLooks: Record<ReconciliationKind, Look> = {
  UNAUTHORIZED: { tone: 'red', icon: IconAlertTriangle, ...kind('UNAUTHORIZED') },
  ORPHAN: { tone: 'red', icon: IconUserOff, ...kind('ORPHAN') },
  UNRECONCILED: { tone: 'amber', icon: IconArrowsDiff, ...kind('UNRECONCILED') },
  MISSING: { tone: 'violet', icon: IconCircleDashed, ...kind('MISSING') },
}

export const stateLooks: Record<ReconciliationState, Look> = {
  NON_CONFORMING: { tone: 'amber', icon: IconAlertTriangle, ...state('NON_CONFORMING') },
  PRE_EXISTING: { tone: 'slate', icon: IconClock, ...state('PRE_EXISTING') },
  QUESTIONED: { tone: 'violet', icon: IconHelpCircle, ...state('QUESTIONED') },
}

export const reasonLooks: Record<OwnerlessReason, Look> = {
  LEAVER: { tone: 'red', icon: IconDoorExit, word: t.reconcile.orphan.reasons.LEAVER },
  OWNER_GONE: { tone: 'red', icon: IconUserOff, word: t.reconcile.orphan.reasons.OWNER_GONE },
  AMBIGUOUS: { tone: 'amber', icon: IconUsers, word: t.reconcile.orphan.reasons.AMBIGUOUS },
  NEVER_MATCHED: { tone: 'slate', icon: IconUserQuestion, word: t.reconcile.orphan.reasons.NEVER_MATCHED },
}

const recognition = (of: RecognitionState) => ({ word: t.recognition.states[of], hint: t.recognition.stateHint[of] })

export const recognitionLooks: Record<RecognitionState, Look> = {
  OWNED: { tone: 'green', icon: IconCircleCheck, ...recognition('OWNED') },
  GUESSED: { tone: 'amber', icon: IconHelpCircle, ...recognition('GUESSED') },
  NOBODYS: { tone: 'red', icon: IconUserOff, ...recognition('NOBODYS') },
  AMBIGUOUS: { tone: 'amber', icon: IconUsers, ...recognition('AMBIGUOUS') },
  UNRECOGNIZED: { tone: 'slate', icon: IconUserQuestion, ...recognition('UNRECOGNIZED') },
}

export const postponedLook: Look = { tone: 'slate', icon: IconClock, word: t.reconcile.postponed }

interface Decided {
  decision: keyof typeof t.reconcile.decided | null
  decidedBy: string | null
  decidedByName: string | null
  closedAt: string | null
}

/** What became of a difference that is not open any more, in words; null: it is open. */
export function fate(item: Decided): string | null {
  if (item.closedAt === null) return null
  if (item.decision === null || item.decidedBy === null) return t.reconcile.mended
  return `${t.reconcile.decided[item.decision]} ${t.common.by(actorName(item.decidedBy, item.decidedByName))}`
}

export const decidedLook: Omit<Look, 'word'> = { tone: 'grey', icon: IconCircleCheck }
