import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { mayEditModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { runLooks } from './looks'
import { MiningProgress } from './MiningProgress'
import { MiningRunListDocument, type MiningRunRowFragment } from './MiningPage.generated'
import { useMiningChanges, useStartMining } from './useMining'

/** Runs that looked for rules (role-model 8). */
export function MiningPage() {
  const navigate = useNavigate()
  const me = useMe()
  const list = useConnection({ document: MiningRunListDocument, variables: {}, select: (data) => data.miningRuns })
  useMiningChanges(list.refresh)
  const open = (run: string) => void navigate({ to: '/model/mining/$run', params: { run } })
  const { busy, start } = useStartMining(open)
  const button = mayEditModel(me) && (
    <Button onClick={start} loading={busy}>
      {t.mining.start}
    </Button>
  )
  return (
    <Page title={t.mining.title} hint={t.mining.hint} actions={button}>
      <Table
        label={t.mining.runs}
        name="mining-runs"
        list={list}
        columns={columns}
        getId={(run) => run.id}
        empty={{ title: t.mining.empty, hint: t.mining.emptyHint }}
        onOpen={(run) => open(run.id)}
      />
    </Page>
  )
}

const columns: Column<MiningRunRowFragment>[] = [
  {
    id: 'run',
    header: t.mining.runs,
    width: 'minmax(160px, 1.2fr)',
    cell: (run) => <Stack main={t.mining.run(run.id)} sub={run.rules.join(', ')} />,
    text: (run) => t.mining.run(run.id),
    also: [{ header: t.mining.rules, text: (run) => run.rules.join(', ') }],
  },
  {
    id: 'state',
    header: t.common.state,
    width: '130px',
    lasting: true,
    cell: (run) => <Badge {...runLooks[run.state]} spin={run.state === 'IN_PROGRESS'} />,
    text: (run) => runLooks[run.state].word,
  },
  {
    id: 'progress',
    header: t.mining.progress,
    width: 'minmax(120px, 1fr)',
    noCard: true,
    cell: (run) => <MiningProgress run={run} />,
  },
  {
    id: 'people',
    header: t.mining.people,
    width: '90px',
    align: 'right',
    cell: (run) => <Count value={run.people} />,
    text: (run) => String(run.people),
  },
  {
    id: 'assignments',
    header: t.mining.assignments,
    width: '110px',
    align: 'right',
    cell: (run) => <Count value={run.assignments} />,
    text: (run) => String(run.assignments),
  },
  {
    id: 'who',
    header: t.mining.who,
    width: 'minmax(120px, 0.8fr)',
    cell: (run) => <span className="cut">{actorName(run.actor, run.actorName)}</span>,
    text: (run) => actorName(run.actor, run.actorName),
  },
  {
    id: 'begun',
    header: t.mining.begun,
    width: '96px',
    align: 'right',
    cell: (run) => <RelativeTime at={run.createdAt} />,
    text: (run) => run.createdAt,
  },
]
