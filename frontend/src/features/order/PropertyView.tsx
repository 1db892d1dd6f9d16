import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useConnection } from '../../graphql/useConnection'
import type { LineDecision, OrderFilter } from '../../graphql/types.generated'
import { orderKinds, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Diff } from '../../ui/Diff'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { StateBadge } from '../../ui/StateBadge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { LineDecisions } from './LineDecisions'
import type { OrderLinesFragment } from './OrderLines.generated'
import { ReviewLinesDocument } from './PropertyView.generated'
import type { OrderRowFragment } from './orderColumns.generated'
import { lineName } from './OrderLines'
import { orderPhrase } from './orderTitle'
import { toOrderFilter, type OrderSearch } from './orderSearch'
import { useReviewOrders } from './useReviewOrders'
import { useSeen } from '../../ui/useSeen'

interface Row {
  id: string
  order: OrderRowFragment
  line: OrderLinesFragment
}

const columns: Column<Row>[] = [
  {
    id: 'owner',
    header: t.order.owner,
    width: 'minmax(150px, 1.2fr)',
    cell: (r) => <Stack main={r.order.owner?.displayName ?? r.order.target?.displayName} sub={r.order.owner?.key} />,
    text: (r) => r.order.owner?.displayName ?? '',
    also: [
      { header: t.order.ownerKey, text: (r) => r.order.owner?.key ?? '' },
      { header: t.order.orderId, text: (r) => r.order.id },
    ],
  },
  {
    id: 'resourceType',
    header: t.order.resourceType,
    width: 'minmax(120px, 1fr)',
    cell: (r) => <span className="cut">{r.order.resourceType.displayName}</span>,
    text: (r) => r.order.resourceType.displayName,
  },
  {
    id: 'property',
    header: t.review.property,
    width: 'minmax(110px, 0.8fr)',
    cell: (r) => <span className="cut">{lineName(r.line)}</span>,
    text: (r) => lineName(r.line),
  },
  {
    id: 'values',
    header: `${t.order.current} → ${t.order.proposed}`,
    width: 'minmax(220px, 2fr)',
    cell: (r) =>
      r.line.property === null ? (
        orderKinds[r.order.kind]
      ) : (
        <Diff before={r.line.currentValue} after={r.line.proposedValue} />
      ),
    text: (r) => `${r.line.currentValue ?? ''} -> ${r.line.proposedValue ?? ''}`,
  },
  {
    id: 'state',
    header: t.order.state,
    width: '150px',
    cell: (r) => <StateBadge state={r.line.state} />,
    text: (r) => provisioningStates[r.line.state].word,
  },
]

/** Provisioning Review by property: one row per line, the decision at its left. */
export function PropertyView({
  search,
  onChange,
}: {
  search: OrderSearch
  onChange: (c: Partial<OrderSearch>) => void
}) {
  const navigate = useNavigate()
  const { review, busy } = useReviewOrders()
  const [declining, setDeclining] = useState<Row | null>(null)
  const filter: OrderFilter = { states: ['AWAITING_APPROVAL'], ...toOrderFilter(search) }
  const list = useConnection({
    document: ReviewLinesDocument,
    variables: { filter, orderBy: search.sort },
    select: (data) => data.reviewQueue,
    pageSize: 50,
  })
  const types = useSeen(
    'review.types',
    list.rows.map((r) => [r.resourceType.identifier, r.resourceType.displayName]),
    search.types,
  )
  const lines = useMemo(
    () => list.rows.flatMap((order) => order.lines.map((line): Row => ({ id: line.id, order, line }))),
    [list.rows],
  )
  const properties = useMemo(() => [...new Set(lines.map((r) => lineName(r.line)))].sort(), [lines])
  const rows = useMemo(
    () => (search.property ? lines.filter((r) => lineName(r.line) === search.property) : lines),
    [lines, search.property],
  )

  const decide = async (row: Row, decision: LineDecision, comment?: string) => {
    setDeclining(null)
    const problem = await review(
      row.order.id,
      { lines: [{ lineId: row.line.id, decision, version: row.line.version }] },
      comment,
    )
    if (problem) notifyProblem(problem)
    else notifyDone(`${t.review.decided[decision]}: ${lineName(row.line)}`)
    list.refresh()
  }

  return (
    <>
      <Table
        label={t.review.propertyView}
        name="review-lines"
        list={{ ...list, rows, total: list.loading ? null : rows.length, each: undefined }}
        columns={columns}
        getId={rowId}
        empty={{ title: search.property ? t.review.noLines : t.review.empty, hint: t.review.propertyHint }}
        lead={(row) => (
          <LineDecisions
            label={`${lineName(row.line)}, ${row.order.owner?.displayName ?? ''}`}
            value={null}
            disabled={busy || row.line.state !== 'AWAITING_APPROVAL'}
            onChange={(decision) => (decision === 'DECLINE' ? setDeclining(row) : void decide(row, decision))}
          />
        )}
        leadWidth="92px"
        onOpen={(row) => void navigate({ to: '/review/$orderId', params: { orderId: row.order.id }, search: {} })}
        filters={
          <>
            <SearchFilter
              label={t.order.searchPlaceholder}
              placeholder={t.order.searchPlaceholder}
              value={search.text}
              onChange={(text) => onChange({ text })}
            />
            <SelectFilter
              label={t.order.resourceType}
              any={t.review.chooseType}
              value={search.types?.[0]}
              options={types}
              onChange={(type) => onChange({ types: type ? [type] : undefined, property: undefined })}
            />
            <SelectFilter
              label={t.review.property}
              any={t.review.chooseProperty}
              value={search.property}
              options={properties.map((value) => ({ value, label: value }))}
              onChange={(property) => onChange({ property })}
            />
          </>
        }
      />
      {declining && (
        <ConfirmDialog
          title={t.review.declineLineTitle(lineName(declining.line), orderPhrase(declining.order))}
          text={t.review.declineText}
          action={t.review.decline}
          danger
          busy={busy}
          reason={{ label: t.review.declineReason, required: true }}
          onConfirm={(comment) => void decide(declining, 'DECLINE', comment)}
          onClose={() => setDeclining(null)}
        />
      )}
    </>
  )
}

const rowId = (row: Row) => row.id
