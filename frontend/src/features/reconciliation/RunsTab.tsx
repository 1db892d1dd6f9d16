import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { useConnection } from '../../graphql/useConnection'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { runLook } from './looks'
import { RunProgress } from './RunProgress'
import { RunListDocument, type RunRowFragment } from './RunsTab.generated'

/** Decisions about everything that a filter found, each carried out by the server. */
export function RunsTab() {
  const navigate = useNavigate()
  const { runId } = useParams({ strict: false })
  const list = useConnection({
    document: RunListDocument,
    variables: {},
    select: (data) => data.reconciliationRuns,
  })
  useReconciliationChanges(list.refresh)
  return (
    <>
      <Table
        label={t.reconcile.runs}
        name="reconciliation-runs"
        list={list}
        columns={columns}
        getId={(run) => run.id}
        empty={{ title: t.reconcile.run.empty, hint: t.reconcile.run.emptyHint }}
        onOpen={(run) =>
          void navigate({ to: '/reconcile/runs/$runId', params: { runId: run.id }, replace: runId !== undefined })
        }
        openId={runId ?? null}
      />
      <Outlet />
    </>
  )
}

const columns: Column<RunRowFragment>[] = [
  {
    id: 'decision',
    header: t.order.what,
    width: 'minmax(200px, 1.4fr)',
    cell: (run) => <Stack main={t.reconcile.manyDecisions[run.decision]} sub={run.comment} />,
    text: (run) => t.reconcile.manyDecisions[run.decision],
    also: [{ header: t.common.comment, text: (run) => run.comment }],
  },
  {
    id: 'who',
    header: t.reconcile.run.who,
    width: 'minmax(120px, 0.8fr)',
    cell: (run) => <span className="cut">{actorName(run.actor, run.actorName)}</span>,
    text: (run) => actorName(run.actor, run.actorName),
  },
  {
    id: 'state',
    header: t.common.state,
    width: '150px',
    lasting: true,
    cell: (run) => <Badge {...runLook(run)} spin={run.state === 'IN_PROGRESS'} />,
    text: (run) => runLook(run).word,
  },
  {
    id: 'progress',
    header: t.reconcile.run.progress,
    width: 'minmax(140px, 1fr)',
    noCard: true,
    cell: (run) => <RunProgress run={run} />,
  },
  {
    id: 'done',
    header: t.reconcile.run.doneCount,
    width: '80px',
    align: 'right',
    cell: (run) => <Count value={run.done} />,
    text: (run) => String(run.done),
  },
  {
    id: 'failed',
    header: t.reconcile.run.failedCount,
    width: '80px',
    align: 'right',
    cell: (run) => <Count value={run.failed} />,
    text: (run) => String(run.failed),
  },
  {
    id: 'begun',
    header: t.reconcile.run.begun,
    width: '96px',
    align: 'right',
    cell: (run) => <RelativeTime at={run.createdAt} />,
    text: (run) => run.createdAt,
  },
]
