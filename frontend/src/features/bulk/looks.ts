import { IconAlertTriangle, IconCheck, IconClock, IconPlayerSkipForward } from '@tabler/icons-react'
import type { BulkItemState } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

/** Skipped is not failed: there was nothing to do any more. */
export const itemLooks: Record<BulkItemState, Look> = {
  TODO: { tone: 'slate', icon: IconClock, word: t.bulk.items.TODO },
  DONE: { tone: 'green', icon: IconCheck, word: t.bulk.items.DONE },
  SKIPPED: { tone: 'slate', icon: IconPlayerSkipForward, word: t.bulk.items.SKIPPED },
  FAILED: { tone: 'red', icon: IconAlertTriangle, word: t.bulk.items.FAILED },
}
