import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useReconciliationChanges } from '../../graphql/live'
import { useConnection } from '../../graphql/useConnection'
import type { ReactNode } from 'react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { Named, Value } from './differenceColumns'
import { kindLooks } from './looks'
import { PatternListDocument, type PatternRowFragment } from './PatternList.generated'
import { countFilters, patternVariables, type DifferenceSearch } from './reconcileSearch'

/** A page of patterns while changes come; another size than the list asks for, so that its order stays. */
const countedAgain = 499

/** Differences summed up: one row for each cause, the most frequent first. */
export function PatternList(props: {
  search: DifferenceSearch
  onChange: (change: Partial<DifferenceSearch>) => void
  onClear: () => void
  filters: (rows: PatternRowFragment[]) => ReactNode
}) {
  const { search } = props
  const client = useClient()
  const list = useConnection({
    document: PatternListDocument,
    variables: patternVariables(search),
    select: (data) => data.reconciliationPatterns,
  })
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const shown = useRef(list)
  useEffect(() => {
    shown.current = list
  })
  useReconciliationChanges(() => {
    if (shown.current.rows.length === 0) return shown.current.refresh()
    // Counts fall in place; the order never changes under the hand.
    void client
      .query(
        PatternListDocument,
        { ...patternVariables(search), first: countedAgain },
        { requestPolicy: 'network-only' },
      )
      .toPromise()
      .then(({ data }) => {
        const page = data?.reconciliationPatterns
        if (!page || page.pageInfo.hasNextPage) return
        const left = new Set(page.nodes.map((row) => row.id))
        setGone(new Set(shown.current.rows.filter((row) => !left.has(row.id)).map((row) => row.id)))
      })
  })
  return (
    <Table
      label={t.reconcile.patterns}
      name="difference-patterns"
      list={list}
      columns={patternColumns(gone)}
      getId={rowId}
      empty={
        search.postponed
          ? { title: t.reconcile.nonePostponed, hint: t.reconcile.nonePostponedHint }
          : { title: t.reconcile.empty, hint: t.reconcile.emptyHint }
      }
      onClear={countFilters(search) > 0 ? props.onClear : undefined}
      onOpen={(row) => props.onChange({ pattern: row.id })}
      isFaint={(row) => gone.has(row.id)}
      filters={props.filters(list.rows)}
    />
  )
}

const rowId = (row: PatternRowFragment) => row.id

function Example({ of, row }: { of: string; row: PatternRowFragment }) {
  if (of === '' || row.isSame) return <Value of={of} />
  return (
    <span className="cut" title={of} data-machine>
      <span className="dim">{t.reconcile.example('')}</span>
      {of}
    </span>
  )
}

const patternColumns = (gone: ReadonlySet<string>): Column<PatternRowFragment>[] => [
  {
    id: 'what',
    header: t.reconcile.what,
    width: 'minmax(120px, 1fr)',
    cell: (p) => <span className="cut">{p.propertyName ?? t.reconcile.theAccount}</span>,
    text: (p) => p.propertyName ?? t.reconcile.theAccount,
  },
  {
    id: 'resourceType',
    header: t.order.resourceType,
    width: 'minmax(140px, 1fr)',
    cell: (p) => <span className="cut">{p.resourceTypeName}</span>,
    text: (p) => p.resourceTypeName,
    also: [{ header: t.order.resourceTypeId, text: (p) => p.resourceType }],
  },
  {
    id: 'count',
    header: t.reconcile.count,
    width: '64px',
    align: 'right',
    lasting: true,
    cell: (p) => <Count value={gone.has(p.id) ? 0 : p.count} />,
    text: (p) => String(gone.has(p.id) ? 0 : p.count),
  },
  {
    id: 'kind',
    header: t.reconcile.pattern,
    width: '190px',
    cell: (p) => <Badge {...kindLooks[p.kind]} />,
    text: (p) => t.reconcile.kind[p.kind],
  },
  {
    id: 'current',
    header: t.reconcile.current,
    width: 'minmax(120px, 1fr)',
    lasting: true,
    cell: (p) => (
      <Named name={t.reconcile.current}>
        <Example of={p.current} row={p} />
      </Named>
    ),
    text: (p) => p.current,
  },
  {
    id: 'proposed',
    header: t.reconcile.proposed,
    width: 'minmax(120px, 1fr)',
    lasting: true,
    cell: (p) => (
      <Named name={t.reconcile.proposed}>
        {p.property === null ? <span className="dim">{t.common.nothing}</span> : <Example of={p.proposed} row={p} />}
      </Named>
    ),
    text: (p) => p.proposed,
  },
  {
    id: 'system',
    header: t.common.system,
    width: 'minmax(90px, 0.7fr)',
    cell: (p) => <span className="cut">{p.systemName ?? ''}</span>,
    text: (p) => p.systemName ?? '',
  },
  {
    id: 'state',
    header: t.reconcile.came,
    width: 'minmax(140px, 0.8fr)',
    cell: (p) => <span className="cut">{t.reconcile.preExisting(p.preExisting, p.count)}</span>,
    text: (p) => t.reconcile.preExisting(p.preExisting, p.count),
  },
  {
    id: 'found',
    header: t.reconcile.found,
    width: '84px',
    align: 'right',
    cell: (p) => <RelativeTime at={p.oldestAt} />,
    text: (p) => p.oldestAt,
  },
]
