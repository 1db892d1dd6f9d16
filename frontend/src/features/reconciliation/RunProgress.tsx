import { t } from '../../lib/texts'
import { ProgressBar } from '../../ui/ProgressBar'
import type { RunRowFragment } from './RunsTab.generated'
import { runLook } from './looks'

/** How far a bulk decision is. */
export function RunProgress({ run }: { run: RunRowFragment }) {
  return (
    <ProgressBar
      value={run.total === 0 ? 1 : (run.done + run.failed) / run.total}
      label={t.reconcile.manyDecisions[run.decision]}
      tone={runLook(run).tone}
      moving={run.state === 'IN_PROGRESS'}
    />
  )
}
