import { useNavigate } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { healthStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { ConnectorListDocument, type ConnectorRowFragment } from './ConnectorListPage.generated'
import { formatName } from '../../lib/format'

/** How a system is connected, in words. */
function packagesOf(c: ConnectorRowFragment): string {
  return [...new Set(c.connections.map((x) => t.system.packages[x.package] ?? formatName(x.package)))].join(', ')
}

const columns: Column<ConnectorRowFragment>[] = [
  {
    id: 'name',
    header: t.system.name,
    width: 'minmax(180px, 1.4fr)',
    cell: (c) => <Stack main={c.displayName} />,
    text: (c) => c.displayName,
    also: [{ header: t.common.identifier, text: (c) => c.identifier }],
  },
  {
    id: 'health',
    header: t.system.health,
    width: 'minmax(180px, 1.6fr)',
    cell: (c) => (
      <>
        <Badge {...healthStates[c.health]} />
        <span className="dim cut" title={c.healthMessage}>
          {c.healthMessage}
        </span>
      </>
    ),
    text: (c) => `${healthStates[c.health].word} ${c.healthMessage}`.trim(),
  },
  {
    id: 'mode',
    header: t.system.mode,
    width: '110px',
    cell: (c) => (c.mode === 'CONTINUOUS' ? t.system.continuous : t.system.scheduled),
    text: (c) => c.mode,
  },
  {
    id: 'package',
    header: t.system.package,
    width: 'minmax(120px, 1fr)',
    cell: (c) => <span className="cut">{packagesOf(c)}</span>,
    text: packagesOf,
  },
  {
    id: 'types',
    header: t.system.resourceTypes,
    width: 'minmax(140px, 1.4fr)',
    noCard: true,
    cell: (c) => <span className="cut dim">{c.resourceTypes.map(formatName).join(', ')}</span>,
    text: (c) => c.resourceTypes.join(', '),
  },
  {
    id: 'last',
    header: t.system.lastRead,
    width: '110px',
    align: 'right',
    cell: (c) => <RelativeTime at={c.lastSynchronizedAt} />,
    text: (c) => c.lastSynchronizedAt ?? '',
  },
]

/** The managed systems. */
export function ConnectorListPage() {
  const navigate = useNavigate()
  const list = useConnection({ document: ConnectorListDocument, variables: {}, select: (data) => data.connectorsPage })
  return (
    <Page title={t.system.title} hint={t.system.hint}>
      <Table
        label={t.system.title}
        name="systems"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.system.empty, hint: t.system.emptyHint }}
        onOpen={(row) => void navigate({ to: '/systems/$connector', params: { connector: row.identifier } })}
      />
    </Page>
  )
}

const rowId = (row: ConnectorRowFragment) => row.id
