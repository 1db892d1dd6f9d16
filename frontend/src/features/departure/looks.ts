import {
  IconAlertTriangle,
  IconCheck,
  IconChecks,
  IconCircleX,
  IconClock,
  IconEyeQuestion,
  IconLoader,
  IconPlayerStop,
} from '@tabler/icons-react'
import type { DepartureOutcome } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

const word = (of: DepartureOutcome) => ({ word: t.departure.outcome[of] })

export const outcomeLooks: Record<DepartureOutcome, Look> = {
  OPEN: { tone: 'grey', icon: IconClock, ...word('OPEN') },
  SENT: { tone: 'blue', icon: IconLoader, ...word('SENT') },
  EXECUTED: { tone: 'violet', icon: IconCheck, ...word('EXECUTED') },
  VERIFIED: { tone: 'green', icon: IconChecks, ...word('VERIFIED') },
  FAILED: { tone: 'red', icon: IconCircleX, ...word('FAILED') },
  STAYS: { tone: 'amber', icon: IconAlertTriangle, ...word('STAYS') },
  TO_LOOK_AT: { tone: 'amber', icon: IconEyeQuestion, ...word('TO_LOOK_AT') },
  ENDED: { tone: 'green', icon: IconPlayerStop, ...word('ENDED') },
}

/** Nothing more is to come of it. */
export const isDone = (outcome: DepartureOutcome) => outcome === 'VERIFIED' || outcome === 'ENDED'
