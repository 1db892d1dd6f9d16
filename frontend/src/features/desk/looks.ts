import {
  IconAlertTriangle,
  IconBriefcase,
  IconCheck,
  IconChecklist,
  IconCircleX,
  IconClock,
  IconClockPause,
  IconDoorExit,
  IconFileAlert,
  IconHandStop,
  IconLoader,
  IconMessageQuestion,
  IconPlayerStop,
  IconPointFilled,
  IconRouteOff,
  IconScale,
  IconTools,
} from '@tabler/icons-react'
import type { HeldState, TaskKind, TeamStanding } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

const held = (of: HeldState) => ({ word: t.held.state[of], hint: t.held.stateHint[of] })

export const heldLooks: Record<HeldState, Look> = {
  READY: { tone: 'green', icon: IconCheck, ...held('READY') },
  ON_THE_WAY: { tone: 'blue', icon: IconLoader, ...held('ON_THE_WAY') },
  TROUBLE: { tone: 'red', icon: IconCircleX, ...held('TROUBLE') },
  WAITS: { tone: 'amber', icon: IconHandStop, ...held('WAITS') },
  LATER: { tone: 'grey', icon: IconClock, ...held('LATER') },
  ENDING: { tone: 'violet', icon: IconClockPause, ...held('ENDING') },
  ENDED: { tone: 'slate', icon: IconPlayerStop, ...held('ENDED') },
}

const task = (of: TaskKind) => ({ word: t.tasks.kind[of], hint: t.tasks.because[of] })

export const taskLooks: Record<TaskKind, Look> = {
  APPROVAL: { tone: 'amber', icon: IconHandStop, ...task('APPROVAL') },
  ANSWER: { tone: 'blue', icon: IconMessageQuestion, ...task('ANSWER') },
  ROUTING: { tone: 'red', icon: IconRouteOff, ...task('ROUTING') },
  PROLONGED_ROLE: { tone: 'amber', icon: IconClock, ...task('PROLONGED_ROLE') },
  PROVISIONING_REVIEW: { tone: 'amber', icon: IconChecklist, ...task('PROVISIONING_REVIEW') },
  ERRORED_ORDER: { tone: 'red', icon: IconCircleX, ...task('ERRORED_ORDER') },
  MANUAL_ORDER: { tone: 'violet', icon: IconTools, ...task('MANUAL_ORDER') },
  ROLE_RECONCILIATION: { tone: 'teal', icon: IconBriefcase, ...task('ROLE_RECONCILIATION') },
  RESOURCE_RECONCILIATION: { tone: 'teal', icon: IconScale, ...task('RESOURCE_RECONCILIATION') },
  ROW_TO_MEND: { tone: 'slate', icon: IconFileAlert, ...task('ROW_TO_MEND') },
}

const team = (of: TeamStanding) => ({ word: t.team.standing[of], hint: t.team.standingHint[of] })

export const teamLooks: Record<TeamStanding, Look> = {
  LEFT: { tone: 'red', icon: IconDoorExit, ...team('LEFT') },
  ENDS_SOON: { tone: 'amber', icon: IconClock, ...team('ENDS_SOON') },
  AT_RISK: { tone: 'amber', icon: IconAlertTriangle, ...team('AT_RISK') },
  PLAIN: { tone: 'grey', icon: IconPointFilled, ...team('PLAIN') },
}
