import { IconAlertTriangle, IconCheck, IconClock, IconLoader, IconPlayerStop } from '@tabler/icons-react'
import type { BulkState } from '../graphql/types.generated'
import type { Look } from './states'
import { t } from './texts'

export const bulkLooks: Record<BulkState, Look> = {
  QUEUED: { tone: 'slate', icon: IconClock, word: t.bulk.states.QUEUED },
  RUNNING: { tone: 'blue', icon: IconLoader, word: t.bulk.states.RUNNING },
  DONE: { tone: 'green', icon: IconCheck, word: t.bulk.states.DONE },
  DONE_WITH_ERRORS: { tone: 'amber', icon: IconAlertTriangle, word: t.bulk.states.DONE_WITH_ERRORS },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.bulk.states.CANCELLED },
}

/** The server has it in hand, or will. */
export const bulkMoves = (state: BulkState) => state === 'QUEUED' || state === 'RUNNING'
