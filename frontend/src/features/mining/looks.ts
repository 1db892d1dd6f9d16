import { IconAlertTriangle, IconCheck, IconClock, IconLoader, IconPlayerStop } from '@tabler/icons-react'
import type { MiningRunState } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

/** How a run stands. */
export const runLooks: Record<MiningRunState, Look> = {
  QUEUED: { tone: 'slate', icon: IconClock, word: t.mining.states.QUEUED },
  IN_PROGRESS: { tone: 'blue', icon: IconLoader, word: t.mining.states.IN_PROGRESS },
  COMPLETED: { tone: 'green', icon: IconCheck, word: t.mining.states.COMPLETED },
  FAILED: { tone: 'red', icon: IconAlertTriangle, word: t.mining.states.FAILED },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.mining.states.CANCELLED },
}
