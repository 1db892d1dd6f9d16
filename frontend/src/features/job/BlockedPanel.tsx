import { IconHandStop } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import type { OrderFilter } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useKindName } from '../../graphql/useKindName'
import { blockedLimits } from '../../lib/blockedLimits'
import { orderKinds } from '../../lib/states'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import { changeColumns, changeId } from '../../ui/changeColumns'
import type { Column } from '../../ui/column'
import { LimitTable } from '../../ui/LimitTable'
import { Table } from '../../ui/Table'
import {
  BlockedOrdersDocument,
  DeliveryChangesDocument,
  type BlockedOrdersQuery,
  type TaskFieldsFragment,
} from './BlockedPanel.generated'
import classes from './Job.module.css'

/** What exceeded which limit, the changes to look at, and what can be done. */
export function BlockedPanel({ task, actions }: { task: TaskFieldsFragment; actions: ReactNode }) {
  const limits = blockedLimits(task.blocked?.limits ?? [])
  const types = [...new Set(limits.map((limit) => limit.resourceType).filter(Boolean))]
  return (
    <section className={classes.blocked} aria-labelledby="blocked">
      <div className={classes.blockedHead}>
        <IconHandStop size={20} aria-hidden />
        <div>
          <h2 id="blocked">
            {t.job.blocked}: {task.displayName}
          </h2>
          <p className="dim">{limits.length > 0 ? t.job.blockedText : task.blocked?.message}</p>
        </div>
      </div>
      {limits.length > 0 && <LimitTable limits={limits} />}
      {task.deliveryId ? (
        <Changes deliveryId={task.deliveryId} />
      ) : (
        types.length > 0 && <Orders filter={{ resourceTypes: types, states: ['PENDING'], open: true }} />
      )}
      {actions}
    </section>
  )
}

function Changes({ deliveryId }: { deliveryId: string }) {
  const kindName = useKindName()
  const columns = useMemo(() => changeColumns(kindName), [kindName])
  const list = useConnection({
    document: DeliveryChangesDocument,
    variables: { id: deliveryId },
    select: (data) => data.delivery?.changes ?? nothing,
  })
  return (
    <>
      <h3>{t.job.changes}</h3>
      <div className={classes.changes}>
        <Table
          label={t.job.delivery}
          name="delivery-changes"
          list={list}
          columns={columns}
          getId={changeId}
          empty={{ title: t.job.noChanges, hint: t.job.noChangesHint }}
        />
      </div>
    </>
  )
}

type BlockedOrder = BlockedOrdersQuery['orders']['nodes'][number]

const orderColumns: Column<BlockedOrder>[] = [
  {
    id: 'owner',
    header: t.order.owner,
    width: 'minmax(160px, 1.4fr)',
    cell: (o) => <Stack main={o.owner?.displayName ?? t.order.noOwner} sub={o.owner?.key} />,
    text: (o) => o.owner?.displayName ?? '',
    also: [{ header: t.order.ownerKey, text: (o) => o.owner?.key ?? '' }],
  },
  { id: 'kind', header: t.order.what, width: '90px', cell: (o) => orderKinds[o.kind], text: (o) => orderKinds[o.kind] },
  {
    id: 'type',
    header: t.order.resourceType,
    width: 'minmax(140px, 1fr)',
    cell: (o) => <span className="cut">{o.resourceType.displayName}</span>,
    text: (o) => o.resourceType.displayName,
  },
  {
    id: 'target',
    header: t.order.target,
    width: 'minmax(140px, 1fr)',
    cell: (o) =>
      o.target ? <span className="cut">{o.target.displayName}</span> : <span className="dim">{t.order.toCreate}</span>,
    text: (o) => o.target?.displayName ?? '',
    also: [{ header: t.order.targetKey, text: (o) => o.target?.key ?? '' }],
  },
]

function Orders({ filter }: { filter: OrderFilter }) {
  const navigate = useNavigate()
  const list = useConnection({
    document: BlockedOrdersDocument,
    variables: { filter },
    select: (data) => data.orders,
  })
  return (
    <>
      <h3>{t.job.ordersToLookAt}</h3>
      <div className={classes.changes}>
        <Table
          label={t.job.ordersToLookAt}
          name="blocked-orders"
          list={list}
          columns={orderColumns}
          getId={orderId}
          empty={{ title: t.job.noChanges, hint: t.job.noChangesHint }}
          onOpen={(order) => void navigate({ to: '/order/$orderId', params: { orderId: order.id } })}
        />
      </div>
    </>
  )
}

const orderId = (order: BlockedOrder) => order.id
const nothing = {
  nodes: [],
  pageInfo: { hasNextPage: false, endCursor: null },
  totalCount: 0,
  totalCountIsEstimate: false,
}
