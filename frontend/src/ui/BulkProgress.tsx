import type { BulkDecision, BulkState } from '../graphql/types.generated'
import { bulkLooks, bulkMoves } from '../lib/bulkLooks'
import { t } from '../lib/texts'
import { ProgressBar } from './ProgressBar'

export interface BulkCounts {
  total: number
  done: number
  skipped: number
  failed: number
  decision: BulkDecision
  state: BulkState
}

/** How far a bulk change is. */
export function BulkProgress({ change }: { change: BulkCounts }) {
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
