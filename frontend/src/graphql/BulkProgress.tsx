import { t } from '../lib/texts'
import { ProgressBar } from '../ui/ProgressBar'
import type { BulkRowFragment } from './bulk.generated'
import { bulkLooks, bulkMoves } from './bulkLooks'

/** How far a bulk change is. */
export function BulkProgress({ change }: { change: BulkRowFragment }) {
  const over = change.done + change.skipped + change.failed
  return (
    <ProgressBar
      value={change.total === 0 ? 1 : over / change.total}
      label={t.bulk.decisions[change.decision]}
      tone={bulkLooks[change.state].tone}
      moving={bulkMoves(change.state)}
    />
  )
}
