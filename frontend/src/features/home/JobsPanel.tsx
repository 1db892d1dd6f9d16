import { Link } from '@tanstack/react-router'
import { useJobChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { jobStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { ProgressBar } from '../../ui/ProgressBar'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { RunningJobsDocument } from './home.generated'
import classes from './Panels.module.css'

/** Jobs that run or wait for a decision. */
export function JobsPanel() {
  const [{ data, error }, read] = useReading({ query: RunningJobsDocument, requestPolicy: 'cache-and-network' })
  useJobChanges(() => read({ requestPolicy: 'network-only' }))
  const jobs = data?.jobInstances.nodes
  return (
    <Section title={t.home.jobs} panel aside={<Link to="/jobs">{t.nav.jobs}</Link>}>
      {error && !jobs ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !jobs ? (
        <Skeleton lines={2} />
      ) : jobs.length === 0 ? (
        <p className="dim">{t.home.noJobs}</p>
      ) : (
        <ul className={classes.rows}>
          {jobs.map((instance) => {
            const look = jobStates[instance.state]
            return (
              <li key={instance.id}>
                <Link to="/runs/$id" params={{ id: instance.id }} className={classes.block}>
                  <span className={classes.line}>
                    <span className={classes.grow}>{instance.job.displayName}</span>
                    <Badge {...look} spin={instance.state === 'IN_PROGRESS'} />
                  </span>
                  <ProgressBar
                    value={instance.progress}
                    label={instance.job.displayName}
                    tone={look.tone}
                    moving={instance.state === 'IN_PROGRESS'}
                  />
                  <span className={classes.small}>
                    {actorName(instance.launchedBy, instance.launchedByName)} ·{' '}
                    <RelativeTime at={instance.startedAt ?? instance.createdAt} />
                  </span>
                </Link>
              </li>
            )
          })}
        </ul>
      )}
    </Section>
  )
}
