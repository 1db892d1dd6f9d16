import { getRouteApi, Link } from '@tanstack/react-router'
import { KindName } from '../../graphql/KindName'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { ConnectorNameDocument, RowsToMendDocument, type RowToMendRowFragment } from './RowsToMendPage.generated'

const route = getRouteApi('/shell/systems/$connector/rows')

const columns: Column<RowToMendRowFragment>[] = [
  {
    id: 'place',
    header: t.system.mendPlace,
    width: 'minmax(220px, 1.4fr)',
    cell: (r) => <Stack main={r.place} sub={`${t.system.mendLine} ${r.line}`} />,
    text: (r) => `${r.place}:${r.line}`,
  },
  {
    id: 'key',
    header: t.common.key,
    width: 'minmax(100px, 0.7fr)',
    lasting: true,
    cell: (r) => <span className="cut mono">{r.key ?? '–'}</span>,
    text: (r) => r.key ?? '',
  },
  {
    id: 'kind',
    header: t.system.kind,
    width: 'minmax(90px, 0.6fr)',
    cell: (r) => (
      <span className="cut dim">
        <KindName of={r.entityType} />
      </span>
    ),
    text: (r) => r.entityType,
  },
  {
    id: 'column',
    header: t.system.mendColumn,
    width: 'minmax(100px, 0.7fr)',
    cell: (r) => <span className="cut">{r.column ?? '–'}</span>,
    text: (r) => r.column ?? '',
  },
  {
    id: 'value',
    header: t.system.mendValue,
    width: 'minmax(120px, 1fr)',
    cell: (r) => (
      <span className="mono cut" title={r.value ?? undefined}>
        {r.value ?? '–'}
      </span>
    ),
    text: (r) => r.value ?? '',
  },
  {
    id: 'why',
    header: t.system.mendWhy,
    width: 'minmax(280px, 2.6fr)',
    cell: (r) => (
      <span className="cut" title={r.why}>
        {r.why}
      </span>
    ),
    text: (r) => `${t.system.mendKinds[r.kind]}: ${r.why}`,
  },
  {
    id: 'since',
    header: t.system.mendSince,
    width: '110px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.since} />,
    text: (r) => r.since,
  },
]

/** The rows of a system that were set aside because they cannot be read. */
export function RowsToMendPage() {
  const { connector } = route.useParams()
  const [{ data }] = useReading({ query: ConnectorNameDocument, variables: { connector } })
  const name = data?.connectorsPage.nodes[0]?.displayName ?? connector
  const list = useConnection({
    document: RowsToMendDocument,
    variables: { connector },
    select: (d) => d.rowsToMend,
  })
  return (
    <Page
      title={t.system.mend}
      heading={
        <>
          {t.system.mend}{' '}
          <Link to="/systems/$connector" params={{ connector }} className="underlined">
            {name}
          </Link>
        </>
      }
      hint={t.system.mendHint}
    >
      <Table
        label={t.system.mend}
        name="rows-to-mend"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.system.mendEmpty, hint: t.system.mendEmptyHint }}
      />
    </Page>
  )
}

const rowId = (row: RowToMendRowFragment) => row.id
