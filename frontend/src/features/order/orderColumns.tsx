import { formatDuration, formatExact } from '../../lib/format'
import { orderKinds, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { useNow, RelativeTime } from '../../ui/RelativeTime'
import { StateBadge } from '../../ui/StateBadge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import type { OrderRowFragment } from './orderColumns.generated'

/** Since when the order waits for somebody or something. */
function waitingSince(order: OrderRowFragment): string {
  return order.isManual && order.transmittedAt ? order.transmittedAt : order.createdAt
}

/** Age of a waiting order; red once it is over the validity period of its resource type. */
function Waiting({ order }: { order: OrderRowFragment }) {
  const now = useNow()
  const age = now - Date.parse(waitingSince(order))
  const limit = order.resourceType.transmittedStateValidityPeriod * 60_000
  const late = order.state === 'TRANSMITTED' && limit > 0 && age > limit
  return (
    <span
      className="num"
      title={late ? t.manual.overdue : formatExact(waitingSince(order))}
      style={late ? { color: 'var(--tone-red-text)', fontWeight: 600 } : undefined}
    >
      {formatDuration(Math.max(0, age))}
      {late && <span className="sr-only">, {t.manual.overdue}</span>}
    </span>
  )
}

const owner: Column<OrderRowFragment> = {
  id: 'owner',
  header: t.order.owner,
  width: 'minmax(216px, 1.6fr)',
  cell: (o) =>
    o.owner ? (
      <Stack main={o.owner.displayName} sub={o.owner.key} />
    ) : (
      <span className="dim cut">{o.target?.displayName ?? t.order.noOwner}</span>
    ),
  text: (o) => o.owner?.displayName ?? '',
  also: [{ header: t.order.ownerKey, text: (o) => o.owner?.key ?? '' }],
  sort: { up: 'OWNER_ASC' },
}
const resourceType: Column<OrderRowFragment> = {
  id: 'resourceType',
  header: t.order.resourceType,
  width: 'minmax(140px, 1.3fr)',
  lasting: true,
  cell: (o) => <span className="cut">{o.resourceType.displayName}</span>,
  text: (o) => o.resourceType.displayName,
  also: [{ header: t.order.resourceTypeId, text: (o) => o.resourceType.identifier }],
}
const kind: Column<OrderRowFragment> = {
  id: 'kind',
  header: t.order.what,
  width: '86px',
  cell: (o) => orderKinds[o.kind],
  text: (o) => orderKinds[o.kind],
}
const target: Column<OrderRowFragment> = {
  id: 'target',
  header: t.order.target,
  width: 'minmax(110px, 1fr)',
  cell: (o) =>
    o.target ? <span className="cut">{o.target.displayName}</span> : <span className="dim">{t.order.toCreate}</span>,
  text: (o) => o.target?.displayName ?? '',
  also: [{ header: t.order.targetKey, text: (o) => o.target?.key ?? '' }],
}
const system: Column<OrderRowFragment> = {
  id: 'system',
  header: t.order.system,
  width: 'minmax(90px, 0.8fr)',
  cell: (o) => <span className="cut">{o.connector?.displayName ?? ''}</span>,
  text: (o) => o.connector?.displayName ?? '',
}
const state: Column<OrderRowFragment> = {
  id: 'state',
  header: t.order.state,
  width: '150px',
  lasting: true,
  cell: (o) => <StateBadge state={o.state} />,
  text: (o) => provisioningStates[o.state].word,
  also: [{ header: t.order.stateCode, text: (o) => String(o.stateCode) }],
}
const waiting: Column<OrderRowFragment> = {
  id: 'waiting',
  header: t.order.waiting,
  width: '72px',
  lasting: true,
  align: 'right',
  cell: (o) => <Waiting order={o} />,
  text: waitingSince,
  sort: { up: 'CREATED_DESC', down: 'CREATED_ASC' },
}
const created: Column<OrderRowFragment> = {
  id: 'created',
  header: t.order.created,
  width: '96px',
  align: 'right',
  cell: (o) => <RelativeTime at={o.createdAt} />,
  text: (o) => o.createdAt,
  sort: { up: 'CREATED_ASC', down: 'CREATED_DESC' },
}
const updated: Column<OrderRowFragment> = {
  id: 'updated',
  header: t.order.updated,
  width: '96px',
  align: 'right',
  cell: (o) => <RelativeTime at={o.updatedAt} />,
  text: (o) => o.updatedAt,
  sort: { down: 'UPDATED_DESC' },
}
const attempts: Column<OrderRowFragment> = {
  id: 'attempts',
  header: t.order.attempts,
  width: '72px',
  align: 'right',
  hidden: true,
  noCard: true,
  cell: (o) => <span className="num">{o.attempt}</span>,
  text: (o) => String(o.attempt),
}
const error: Column<OrderRowFragment> = {
  id: 'error',
  header: t.order.error,
  width: 'minmax(160px, 2fr)',
  lasting: true,
  cell: (o) => (
    <span className="cut" title={o.error?.message}>
      {o.error?.message ?? ''}
    </span>
  ),
  text: (o) => o.error?.message ?? '',
}
const cause: Column<OrderRowFragment> = {
  id: 'cause',
  header: t.order.classFilter,
  width: 'minmax(170px, 1fr)',
  cell: (o) => <span className="cut">{o.error ? t.errorClass[o.error.class] : ''}</span>,
  text: (o) => o.error?.class ?? '',
}
const wait: Column<OrderRowFragment> = {
  id: 'wait',
  header: t.order.waitsBecause,
  width: 'minmax(120px, 1fr)',
  hidden: true,
  cell: (o) => <span className="cut">{o.waits ? t.waitReason[o.waits] : ''}</span>,
  text: (o) => (o.waits ? t.waitReason[o.waits] : ''),
}
const assignee: Column<OrderRowFragment> = {
  id: 'assignee',
  header: t.order.assignee,
  width: '110px',
  cell: (o) => <span className="cut">{o.assignee ?? ''}</span>,
  text: (o) => o.assignee ?? '',
}

/** The columns of each list of orders. */
// What waits for a review is all in one state: that goes first where there is no room.
export const reviewColumns = [owner, resourceType, kind, target, system, { ...state, lasting: false }, waiting]
export const errorColumns = [owner, resourceType, kind, cause, error, { ...attempts, hidden: false }, updated]
export const manualColumns = [owner, resourceType, kind, target, system, assignee, waiting]
export const orderColumns = [
  owner,
  resourceType,
  kind,
  target,
  system,
  state,
  { ...created, hidden: true },
  attempts,
  wait,
  updated,
]
export const ownedColumns = [resourceType, kind, target, system, state, attempts, wait, created, updated]
