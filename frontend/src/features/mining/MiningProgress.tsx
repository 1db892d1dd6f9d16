import { t } from '../../lib/texts'
import { ProgressBar } from '../../ui/ProgressBar'
import { runLooks } from './looks'
import type { MiningRunRowFragment } from './MiningPage.generated'

/** How far a run is. */
export function MiningProgress({ run }: { run: Pick<MiningRunRowFragment, 'state' | 'rolesDone' | 'rolesTotal'> }) {
  const over = run.state !== 'QUEUED' && run.state !== 'IN_PROGRESS'
  return (
    <ProgressBar
      value={run.rolesTotal > 0 ? run.rolesDone / run.rolesTotal : over ? 1 : 0}
      label={t.mining.looked(run.rolesDone, run.rolesTotal)}
      tone={runLooks[run.state].tone}
      moving={!over}
    />
  )
}
