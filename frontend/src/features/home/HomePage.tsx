import { useCounters } from '../../graphql/live'
import { maySeeJobs, maySeeOrders, maySeePeople, maySeeRequests, maySeeSystems } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { ErrorsPanel } from './ErrorsPanel'
import { FirstRunDocument } from './home.generated'
import { FirstSteps } from './FirstSteps'
import { FiguresStrip } from './FiguresStrip'
import { FlowPanel } from './FlowPanel'
import classes from './HomePage.module.css'
import { HoursPanel } from './HoursPanel'
import { JobsPanel } from './JobsPanel'
import { OldestPanel } from './OldestPanel'
import { RequestsPanel } from './RequestsPanel'
import { SystemsPanel } from './SystemsPanel'
import { WaitingPanel } from './WaitingPanel'

/** The state machine, live, and beside it what waits for the person. */
export function HomePage() {
  const me = useMe()
  const counters = useCounters()
  const seesOrders = maySeeOrders(me)
  const seesJobs = maySeeJobs(me)
  const [{ data: runs }] = useReading({ query: FirstRunDocument, pause: !seesJobs })
  const isNew = counters && ((counters.people === 0 && maySeePeople(me)) || runs?.jobInstances.totalCount === 0)
  return (
    <Page title={t.home.title} bare scroll>
      {isNew && <FirstSteps knowsPeople={counters.people !== 0} />}
      <div className={classes.grid}>
        <div className={classes.figures}>
          <FiguresStrip />
        </div>
        {seesOrders && (
          <div className={classes.flow}>
            <FlowPanel />
          </div>
        )}
        <div className={classes.side}>
          <WaitingPanel />
          {maySeeRequests(me) && <RequestsPanel />}
          {seesJobs && <JobsPanel />}
        </div>
        {seesOrders && (
          <>
            <HoursPanel />
            <OldestPanel />
          </>
        )}
        {maySeeSystems(me) && <SystemsPanel />}
        {seesOrders && <ErrorsPanel />}
      </div>
    </Page>
  )
}
