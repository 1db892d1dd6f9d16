import { useCounters } from '../../graphql/live'
import {
  mayHave,
  mayHaveTasks,
  mayLead,
  mayOperate,
  maySeeJobs,
  maySeePeople,
  maySeeRequests,
  maySeeSystems,
} from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { AccessPanel } from './AccessPanel'
import { ErrorsPanel } from './ErrorsPanel'
import { FirstRunDocument } from './home.generated'
import { FirstSteps } from './FirstSteps'
import { FiguresStrip } from './FiguresStrip'
import { FlowPanel } from './FlowPanel'
import classes from './HomePage.module.css'
import { HomeSum } from './HomeSum'
import { HoursPanel } from './HoursPanel'
import { JobsPanel } from './JobsPanel'
import { OldestPanel } from './OldestPanel'
import { RequestsPanel } from './RequestsPanel'
import { SystemsPanel } from './SystemsPanel'
import { TasksPanel } from './TasksPanel'
import { TeamPanel } from './TeamPanel'
import { WaitingPanel } from './WaitingPanel'

/** Made of what the person may do: who keeps orders going sees how they go; everybody what waits for him, and what is his. */
export function HomePage() {
  const me = useMe()
  const counters = useCounters()
  const operates = mayOperate(me)
  const seesJobs = maySeeJobs(me)
  const [{ data: runs }] = useReading({ query: FirstRunDocument, pause: !seesJobs })
  const isNew = counters && ((counters.people === 0 && maySeePeople(me)) || runs?.jobInstances.totalCount === 0)
  return (
    <Page title={t.home.title} heading={t.tasks.hello(me.displayName)} hint={<HomeSum />} scroll>
      {isNew && <FirstSteps knowsPeople={counters.people !== 0} />}
      <div className={classes.grid}>
        {mayHaveTasks(me) && (
          <>
            <TasksPanel />
            <WaitingPanel />
          </>
        )}
        {mayLead(me) && <TeamPanel />}
        {maySeeRequests(me) && <RequestsPanel />}
        {mayHave(me) && <AccessPanel />}
        {operates && (
          <>
            <div className={classes.figures}>
              <FiguresStrip />
            </div>
            <div className={seesJobs ? classes.flow : classes.figures}>
              <FlowPanel />
            </div>
            {seesJobs && (
              <div className={classes.side}>
                <JobsPanel />
              </div>
            )}
          </>
        )}
        {operates && (
          <>
            <HoursPanel />
            <OldestPanel />
          </>
        )}
        {maySeeSystems(me) && <SystemsPanel />}
        {operates && <ErrorsPanel />}
        {!operates && seesJobs && <JobsPanel />}
      </div>
    </Page>
  )
}
