import { Button } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { formatNumber } from '../../lib/format'
import { runLook } from './looks'
import classes from './Reconciliation.module.css'
import { RunDetailDocument } from './RunDrawer.generated'
import { RunProgress } from './RunProgress'
import { useStopRun } from './useStopRun'

/** One bulk decision: how far it is, and what was not decided. */
export function RunDrawer() {
  const { runId = '' } = useParams({ strict: false })
  const navigate = useNavigate()
  const [{ data, error, fetching }, read] = useReading({
    query: RunDetailDocument,
    variables: { id: runId },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useReconciliationChanges(reload)
  const { ask, question } = useStopRun()
  const run = data?.reconciliationRun
  const left = run ? run.total - run.done - run.failed : 0
  return (
    <Drawer
      title={run ? t.reconcile.manyDecisions[run.decision] : t.reconcile.run.one}
      subject={run?.id ?? ''}
      onClose={() => void navigate({ to: '/reconcile/runs' })}
      sub={run && <Badge {...runLook(run)} spin={run.state === 'IN_PROGRESS'} />}
      footer={
        run?.state === 'IN_PROGRESS' && (
          <div className={classes.buttons}>
            <Button variant="default" onClick={() => ask(run.id)}>
              {t.reconcile.run.stop}
            </Button>
          </div>
        )
      }
    >
      {run ? (
        <>
          <RunProgress run={run} />
          <p role="status">
            {t.reconcile.run.numbers(run.done, run.failed, run.total)}
            {run.state === 'CANCELLED' && left > 0 && `. ${t.reconcile.run.notYet(left)}`}
          </p>
          <Fields
            rows={[
              [t.reconcile.run.doneCount, formatNumber(run.done)],
              [t.reconcile.run.failedCount, formatNumber(run.failed)],
              [t.reconcile.run.who, actorName(run.actor, run.actorName)],
              [t.reconcile.run.begun, <RelativeTime key="begun" at={run.createdAt} />],
              [t.reconcile.run.ended, run.endedAt && <RelativeTime key="ended" at={run.endedAt} />],
              [t.common.comment, run.comment],
            ]}
          />
          {run.failedItems.length > 0 && (
            <Section
              title={t.reconcile.run.failed}
              aside={
                run.failed > run.failedItems.length && (
                  <span className="dim">{t.reconcile.run.failedFirst(run.failedItems.length)}</span>
                )
              }
            >
              <ul className={classes.failures}>
                {run.failedItems.map((failure) => (
                  <li key={failure.id}>
                    <span>{failure.message}</span>
                    {failure.id === '0' ? (
                      <span className="dim">{t.reconcile.run.whole}</span>
                    ) : run.subject === 'ROLE' ? (
                      <Link to="/reconcile/roles/$foundId" params={{ foundId: failure.id }} search={{ view: 'rows' }}>
                        {t.reconcile.run.look}
                      </Link>
                    ) : (
                      <Link to="/reconcile/resources/$itemId" params={{ itemId: failure.id }} search={{ view: 'rows' }}>
                        {t.reconcile.run.look}
                      </Link>
                    )}
                  </li>
                ))}
              </ul>
            </Section>
          )}
          {question}
        </>
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={6} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Drawer>
  )
}
