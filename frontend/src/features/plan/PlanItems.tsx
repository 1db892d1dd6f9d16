import { Link } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { StateBadge } from '../../ui/StateBadge'
import { Table } from '../../ui/Table'
import { effectLooks } from './looks'
import { PlanItemsDocument, type PlanItemRowFragment } from './plan.generated'
import { itemFilter, type PlanSearch } from './planSearch'

/** What a plan would do, row by row: what is lost first. */
export function PlanItems({ id, search, onClear }: { id: string; search: PlanSearch; onClear?: () => void }) {
  const list = useConnection({
    document: PlanItemsDocument,
    variables: { id, filter: itemFilter(search) },
    select: (data) => data.planItems,
  })
  return (
    <Table
      label={t.plan.sum}
      name="plan-items"
      list={list}
      columns={columns}
      getId={(item) => item.id}
      empty={{ title: t.plan.noGroups, hint: t.plan.noGroupsHint }}
      onClear={onClear}
    />
  )
}

function what(item: PlanItemRowFragment): string {
  const name = item.propertyName ? `${item.objectName} · ${item.propertyName}` : item.objectName
  return item.orderKind && !item.propertyName ? `${name} · ${t.orderKind[item.orderKind]}` : name
}

/** A value; of roles and accounts the time from one day to another. */
function shown(item: PlanItemRowFragment, text: string | null): string {
  if (text === null) return '–'
  if (item.kind !== 'ROLE' && item.kind !== 'ACCOUNT') return text
  return text
    .split('/')
    .map((end) => (end === '-' ? '' : end.slice(0, 10)))
    .join(' – ')
    .trim()
}

const columns: Column<PlanItemRowFragment>[] = [
  {
    id: 'whom',
    header: t.plan.whom,
    width: 'minmax(150px, 1.2fr)',
    cell: (item) => (
      <Stack
        main={
          <Link to="/person/$id" params={{ id: item.owner.id }}>
            {item.owner.displayName || item.owner.key}
          </Link>
        }
        sub={item.owner.key}
      />
    ),
    text: (item) => item.owner.displayName,
    also: [{ header: t.plan.whom, text: (item) => item.owner.key }],
  },
  {
    id: 'effect',
    header: t.plan.effect,
    width: '110px',
    lasting: true,
    cell: (item) => <Badge {...effectLooks[item.effect]} quiet />,
    text: (item) => t.plan.effects[item.effect],
  },
  {
    id: 'what',
    header: t.plan.what,
    width: 'minmax(180px, 1.4fr)',
    lasting: true,
    cell: (item) => <Stack main={what(item)} sub={t.plan.kinds[item.kind]} />,
    text: what,
    also: [{ header: t.plan.sum, text: (item) => item.kind }],
  },
  {
    id: 'before',
    header: t.plan.now,
    width: 'minmax(110px, 1fr)',
    cell: (item) => <span className="cut">{shown(item, item.before)}</span>,
    text: (item) => item.before ?? '',
  },
  {
    id: 'after',
    header: t.plan.then,
    width: 'minmax(110px, 1fr)',
    cell: (item) => <span className="cut">{item.error ?? shown(item, item.after)}</span>,
    text: (item) => item.error ?? item.after ?? '',
  },
  {
    id: 'state',
    header: t.common.state,
    width: '160px',
    cell: (item) => item.state && <StateBadge state={item.state} quiet />,
    text: (item) => item.state ?? '',
  },
  {
    id: 'system',
    header: t.plan.views.SYSTEM,
    width: '120px',
    hidden: true,
    cell: (item) => <span className="cut">{item.systemName ?? ''}</span>,
    text: (item) => item.systemName ?? '',
  },
]
