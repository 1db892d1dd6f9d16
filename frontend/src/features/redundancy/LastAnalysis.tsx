import { IconAlertTriangle, IconCheck, IconClock, IconLoader, IconPlayerStop } from '@tabler/icons-react'
import type { RedundancyRunState } from '../../graphql/types.generated'
import { actorName } from '../../lib/actor'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ProgressBar } from '../../ui/ProgressBar'
import { RelativeTime } from '../../ui/RelativeTime'
import type { RedundancyRunRowFragment } from './redundancy.generated'
import classes from './Redundant.module.css'

const looks: Record<RedundancyRunState, Look> = {
  QUEUED: { tone: 'slate', icon: IconClock, word: t.redundant.states.QUEUED },
  IN_PROGRESS: { tone: 'blue', icon: IconLoader, word: t.redundant.states.IN_PROGRESS },
  COMPLETED: { tone: 'green', icon: IconCheck, word: t.redundant.states.COMPLETED },
  FAILED: { tone: 'red', icon: IconAlertTriangle, word: t.redundant.states.FAILED },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, word: t.redundant.states.CANCELLED },
}

/** How the last analysis stands: the list is what it found. */
export function LastAnalysis({ run }: { run: RedundancyRunRowFragment }) {
  const moving = run.state === 'QUEUED' || run.state === 'IN_PROGRESS'
  return (
    <div className={classes.run} role="status" aria-label={t.redundant.last}>
      <Badge {...looks[run.state]} spin={moving} />
      {moving && (
        <span className={classes.bar}>
          <ProgressBar
            value={run.total > 0 ? run.done / run.total : 0}
            label={t.redundant.looked(run.done, run.total)}
            tone={looks[run.state].tone}
            moving
          />
        </span>
      )}
      <span className="num">{t.redundant.looked(run.done, run.total)}</span>
      <span>{t.redundant.found(run.found)}</span>
      <span className="faint">
        {actorName(run.actor, run.actorName)}, <RelativeTime at={run.endedAt ?? run.createdAt} />
      </span>
      {run.error !== '' && <span className="wrap">{run.error}</span>}
    </div>
  )
}
