import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import classes from './Reconciliation.module.css'
import { RunProgress } from './RunProgress'
import { RunsUnderWayDocument } from './RunsTab.generated'
import { useStopRun } from './useStopRun'

/** The bulk decisions that the server carries out now, above every tab: the page may be left meanwhile. */
export function RunsUnderWay() {
  const [{ data }, read] = useReading({ query: RunsUnderWayDocument, requestPolicy: 'cache-and-network' })
  useReconciliationChanges(() => read({ requestPolicy: 'network-only' }))
  const { ask, question } = useStopRun()
  const runs = data?.reconciliationRuns.nodes.filter((run) => run.state === 'IN_PROGRESS') ?? []
  return (
    <>
      {runs.length > 0 && (
        <ul className={classes.runs} aria-label={t.reconcile.runs}>
          {runs.map((run) => (
            <li key={run.id} className={classes.run}>
              <strong>{t.reconcile.manyDecisions[run.decision]}</strong>
              <span className={classes.bar}>
                <RunProgress run={run} />
              </span>
              <span className="num">{t.reconcile.run.numbers(run.done, run.failed, run.total)}</span>
              <Link to="/reconcile/runs/$runId" params={{ runId: run.id }}>
                {t.reconcile.run.open}
              </Link>
              <Button variant="default" onClick={() => ask(run.id)}>
                {t.reconcile.run.stop}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {question}
    </>
  )
}
