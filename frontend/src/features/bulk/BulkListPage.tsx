import { useNavigate } from '@tanstack/react-router'
import type { BulkRowFragment } from '../../graphql/bulk.generated'
import { bulkLooks } from '../../lib/bulkLooks'
import { BulkProgress } from '../../ui/BulkProgress'
import { useConnection } from '../../graphql/useConnection'
import { BulkChangesChangedDocument } from '../../graphql/live.generated'
import { useTold } from '../../graphql/useTold'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { BulkListDocument } from './bulk.generated'

/** Decisions about many, each carried out by the server, the newest first. */
export function BulkListPage() {
  const navigate = useNavigate()
  const list = useConnection({ document: BulkListDocument, variables: {}, select: (data) => data.bulkChanges })
  useTold(BulkChangesChangedDocument, {}, list.refresh)
  return (
    <Page title={t.bulk.title} hint={t.bulk.hint}>
      <Table
        label={t.bulk.title}
        name="bulk-changes"
        list={list}
        columns={columns}
        getId={(change) => change.id}
        empty={{ title: t.bulk.empty, hint: t.bulk.emptyHint }}
        onOpen={(change) => void navigate({ to: '/bulk/$bulkId', params: { bulkId: change.id } })}
      />
    </Page>
  )
}

const columns: Column<BulkRowFragment>[] = [
  {
    id: 'decision',
    header: t.bulk.what,
    width: 'minmax(200px, 1.4fr)',
    cell: (change) => <Stack main={t.bulk.decisions[change.decision]} sub={change.comment || t.bulk.kindOf(change)} />,
    text: (change) => t.bulk.decisions[change.decision],
    also: [{ header: t.common.comment, text: (change) => change.comment }],
  },
  {
    id: 'who',
    header: t.bulk.who,
    width: 'minmax(120px, 0.8fr)',
    cell: (change) => <span className="cut">{actorName(change.actor, change.actorName)}</span>,
    text: (change) => actorName(change.actor, change.actorName),
  },
  {
    id: 'state',
    header: t.common.state,
    width: '160px',
    lasting: true,
    cell: (change) => <Badge {...bulkLooks[change.state]} spin={change.state === 'RUNNING'} />,
    text: (change) => bulkLooks[change.state].word,
  },
  {
    id: 'progress',
    header: t.bulk.progress,
    width: 'minmax(140px, 1fr)',
    noCard: true,
    cell: (change) => <BulkProgress change={change} />,
  },
  {
    id: 'done',
    header: t.bulk.items.DONE,
    width: '80px',
    align: 'right',
    cell: (change) => <Count value={change.done} />,
    text: (change) => String(change.done),
  },
  {
    id: 'skipped',
    header: t.bulk.items.SKIPPED,
    width: '90px',
    align: 'right',
    cell: (change) => <Count value={change.skipped} />,
    text: (change) => String(change.skipped),
  },
  {
    id: 'failed',
    header: t.bulk.items.FAILED,
    width: '80px',
    align: 'right',
    cell: (change) => <Count value={change.failed} />,
    text: (change) => String(change.failed),
  },
  {
    id: 'begun',
    header: t.bulk.begun,
    width: '96px',
    align: 'right',
    cell: (change) => <RelativeTime at={change.createdAt} />,
    text: (change) => change.createdAt,
  },
]
