import {
  IconBan,
  IconCalendarPlus,
  IconBriefcase,
  IconCheck,
  IconCircleMinus,
  IconCirclePlus,
  IconCircleX,
  IconClock,
  IconClockExclamation,
  IconHandStop,
  IconInfoCircle,
  IconLock,
  IconMessageQuestion,
  IconPackages,
  IconPlayerStop,
  IconPointFilled,
  IconRefresh,
  IconRobot,
  IconRotate,
  IconAlertTriangle,
  IconUserCheck,
  type Icon,
} from '@tabler/icons-react'
import type {
  CatalogueStatus,
  FindingSeverity,
  RequestAction,
  RequestStepState,
  RoleKind,
} from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

const status = (of: CatalogueStatus) => ({ word: t.request.status[of], hint: t.request.statusHint[of] })

export const stuckLook: Look = {
  tone: 'red',
  icon: IconAlertTriangle,
  word: t.request.stuckWord,
  hint: t.request.stuckHint,
}

export const lateLook: Look = { tone: 'red', icon: IconClockExclamation, word: t.request.late }

export const statusLooks: Record<CatalogueStatus, Look> = {
  CAN_BE_REQUESTED: { tone: 'grey', icon: IconPointFilled, ...status('CAN_BE_REQUESTED') },
  HELD_BY_HAND: { tone: 'green', icon: IconUserCheck, ...status('HELD_BY_HAND') },
  HELD_BY_RULE: { tone: 'teal', icon: IconRobot, ...status('HELD_BY_RULE') },
  REQUESTED: { tone: 'amber', icon: IconClock, ...status('REQUESTED') },
  FORBIDDEN: { tone: 'red', icon: IconLock, ...status('FORBIDDEN') },
}

export const severityLooks: Record<FindingSeverity, Look> = {
  BLOCKS: { tone: 'red', icon: IconBan, word: t.request.severity.BLOCKS },
  WARNS: { tone: 'amber', icon: IconAlertTriangle, word: t.request.severity.WARNS },
  INFORMS: { tone: 'blue', icon: IconInfoCircle, word: t.request.severity.INFORMS },
}

export const actionIcons: Record<RequestAction, Icon> = {
  ADD: IconCirclePlus,
  EXTEND: IconCalendarPlus,
  REMOVE: IconCircleMinus,
  DENY: IconBan,
  ALLOW: IconRotate,
}

export const kindIcons: Record<RoleKind, Icon> = { SINGLE: IconBriefcase, COMPOSITE: IconPackages }

export const stepLooks: Record<RequestStepState, Omit<Look, 'word'>> = {
  WAITING: { tone: 'grey', icon: IconPointFilled },
  OPEN: { tone: 'amber', icon: IconHandStop },
  INFO_REQUESTED: { tone: 'blue', icon: IconMessageQuestion },
  STUCK: { tone: 'red', icon: IconAlertTriangle },
  APPROVED: { tone: 'green', icon: IconCheck },
  DECLINED: { tone: 'red', icon: IconCircleX },
  SKIPPED: { tone: 'slate', icon: IconRefresh },
  EXPIRED: { tone: 'slate', icon: IconClock },
  CLOSED: { tone: 'slate', icon: IconPlayerStop },
}

const asksFor: Record<CatalogueStatus, RequestAction[]> = {
  CAN_BE_REQUESTED: ['ADD'],
  HELD_BY_HAND: ['REMOVE'],
  HELD_BY_RULE: ['DENY'],
  REQUESTED: [],
  FORBIDDEN: ['ALLOW'],
}

/** What can be asked about an entry of the catalogue, by what the person has of it: the first is the plain one. */
export const asksOf = (e: { status: CatalogueStatus; heldUntil: string | null }): RequestAction[] =>
  e.status === 'HELD_BY_HAND' && e.heldUntil ? ['EXTEND', ...asksFor[e.status]] : asksFor[e.status]
