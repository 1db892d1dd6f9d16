import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Table } from '../../ui/Table'
import { OrderListDocument } from './OrderListPage.generated'
import type { OrderRowFragment } from './orderColumns.generated'
import { ownedColumns } from './orderColumns'
import { OrderFilters } from './OrderFilters'
import { toOrderFilter, type OrderSearch } from './orderSearch'
import { useLiveOrders } from './useLiveOrders'

const route = getRouteApi('/shell/person/$id/orders')

/** The orders of one owner. */
export function OwnerOrdersTab() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { orderId } = useParams({ strict: false })
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/person/$id/orders', params: { id }, search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: OrderListDocument,
    variables: { filter: { ...toOrderFilter(search), ownerId: id }, orderBy: search.sort },
    select: (data) => data.orders,
  })
  const ids = useMemo(() => list.rows.map((r) => r.id), [list.rows])
  const live = useLiveOrders({ ids, matches: () => false, refresh: list.refresh })
  return (
    <>
      <Table
        label={t.order.title}
        name="owner-orders"
        list={list}
        columns={ownedColumns}
        getId={rowId}
        empty={{ title: t.order.empty, hint: t.order.emptyHint }}
        onOpen={(row) =>
          void navigate({
            to: '/person/$id/orders/$orderId',
            params: { id, orderId: row.id },
            search,
            replace: orderId !== undefined,
          })
        }
        openId={orderId ?? null}
        sort={search.sort ?? 'CREATED_DESC'}
        onSort={(sort) => setSearch({ sort: sort as OrderSearch['sort'] })}
        flash={live.flash}
        filters={
          <OrderFilters
            name="owner-orders"
            parts={['states', 'kinds', 'types', 'open']}
            rows={list.rows}
            search={search}
            onChange={setSearch}
            onClear={() => void navigate({ to: '/person/$id/orders', params: { id }, search: {} })}
          />
        }
      />
      <Outlet />
    </>
  )
}

const rowId = (row: OrderRowFragment) => row.id
