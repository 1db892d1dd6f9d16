import type { ReactNode } from 'react'
import { Link } from '@tanstack/react-router'
import type { BulkRowFragment } from '../../graphql/bulk.generated'
import { bulkMoves } from '../../lib/bulkLooks'
import { useConnection } from '../../graphql/useConnection'
import { BulkChangesChangedDocument } from '../../graphql/live.generated'
import { useTold } from '../../graphql/useTold'
import type { BulkItemState } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { BulkItemsDocument, type BulkItemRowFragment } from './bulk.generated'
import { itemLooks } from './looks'

/** What became of each item of a bulk change. */
export function BulkItems(props: {
  change: BulkRowFragment
  view?: BulkItemState
  filters: ReactNode
  onClear?: () => void
}) {
  const { change, view } = props
  const list = useConnection({
    document: BulkItemsDocument,
    variables: { id: change.id, filter: { states: view && [view] } },
    select: (data) => data.bulkItems,
  })
  useTold(BulkChangesChangedDocument, {}, list.refresh, !bulkMoves(change.state))
  return (
    <Table
      label={t.bulk.allItems}
      name="bulk-items"
      list={list}
      columns={columns(change)}
      getId={(item) => item.subjectId}
      filters={props.filters}
      empty={{ title: t.bulk.noItems, hint: t.bulk.noItemsHint }}
      onClear={props.onClear}
    />
  )
}

/** Leads to what an item is about. */
function About({ change, id }: { change: BulkRowFragment; id: string }) {
  const { kind } = change
  if (kind === 'RECONCILE_RESOURCES') {
    return (
      <Link to="/reconcile/resources/$itemId" params={{ itemId: id }} search={{ view: 'rows' }}>
        {t.bulk.look}
      </Link>
    )
  }
  if (kind === 'RECONCILE_ROLES') {
    return (
      <Link to="/reconcile/roles/$foundId" params={{ foundId: id }} search={{ view: 'rows' }}>
        {t.bulk.look}
      </Link>
    )
  }
  if (change.isOfRequests) {
    return (
      <Link to="/approvals/$itemId" params={{ itemId: id }} search={{ view: 'all' }}>
        {t.bulk.look}
      </Link>
    )
  }
  if (kind === 'REVIEW_ROLES') {
    return (
      <Link to="/reconcile/prolonged/$prolongedId" params={{ prolongedId: id }} search={{}}>
        {t.bulk.look}
      </Link>
    )
  }
  if (kind === 'RESET_RECOGNITION') {
    return (
      <Link to="/reconcile/recognition/$accountId" params={{ accountId: id }} search={{}}>
        {t.bulk.look}
      </Link>
    )
  }
  if (kind === 'REDUNDANT_ASSIGNMENTS') return null // its own list has it no more
  if (kind === 'ASSIGN_ENTITLEMENTS' || kind === 'REMOVE_ENTITLEMENTS' || kind === 'UPDATE_PROPERTY') {
    return (
      <Link to="/person/$id" params={{ id }}>
        {t.bulk.look}
      </Link>
    )
  }
  return (
    <Link to="/order/$orderId" params={{ orderId: id }}>
      {t.bulk.look}
    </Link>
  )
}

const columns = (change: BulkRowFragment): Column<BulkItemRowFragment>[] => [
  {
    id: 'whom',
    header: t.bulk.whom,
    width: 'minmax(180px, 1.2fr)',
    cell: (item) => <Stack main={item.name || t.bulk.nobody} sub={item.about} />,
    text: (item) => item.name,
    also: [{ header: t.bulk.about, text: (item) => item.about }],
  },
  {
    id: 'state',
    header: t.common.state,
    width: '130px',
    lasting: true,
    cell: (item) => <Badge {...itemLooks[item.state]} />,
    text: (item) => itemLooks[item.state].word,
  },
  {
    id: 'change',
    header: t.bulk.change,
    width: 'minmax(160px, 1.4fr)',
    cell: (item) => (
      <span className="wrap">
        {item.message ?? (item.after === null ? (item.before ?? '') : `${item.before ?? '–'} → ${item.after}`)}
      </span>
    ),
    text: (item) => item.message ?? `${item.before ?? ''} → ${item.after ?? ''}`,
  },
  {
    id: 'look',
    header: t.bulk.look,
    width: '110px',
    cell: (item) => <About change={change} id={item.subjectId} />,
  },
]
