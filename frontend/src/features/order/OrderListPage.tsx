import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { OrderListDocument } from './OrderListPage.generated'
import type { OrderRowFragment } from './orderColumns.generated'
import { orderColumns } from './orderColumns'
import { OrderFilters } from './OrderFilters'
import { couldMatch, countFilters, orderVariables, type OrderSearch } from './orderSearch'
import { useLiveOrders } from './useLiveOrders'

const route = getRouteApi('/shell/orders')

/** All orders in the person's scope. */
export function OrderListPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { orderId } = useParams({ strict: false })
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/orders', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: OrderListDocument,
    variables: orderVariables(search),
    select: (data) => data.orders,
  })
  const ids = useMemo(() => list.rows.map((r) => r.id), [list.rows])
  const live = useLiveOrders({ ids, matches: (change) => couldMatch(search, change), refresh: list.refresh })
  const clear = () => void navigate({ to: '/orders', search: {} })
  const refresh = () => {
    live.forget()
    list.refresh()
  }
  return (
    <Page title={t.order.title} hint={t.order.listHint}>
      <Table
        label={t.order.title}
        name="orders"
        list={{ ...list, refresh }}
        columns={orderColumns}
        getId={rowId}
        empty={{ title: t.order.empty, hint: t.order.emptyHint }}
        onClear={countFilters(search) > 0 ? clear : undefined}
        onOpen={(row) =>
          void navigate({ to: '/orders/$orderId', params: { orderId: row.id }, search, replace: orderId !== undefined })
        }
        openId={orderId ?? null}
        sort={search.sort ?? 'CREATED_DESC'}
        onSort={(sort) => setSearch({ sort: sort as OrderSearch['sort'] })}
        flash={live.flash}
        fresh={live.fresh}
        savedFilters={{ search, apply: (saved) => void navigate({ to: '/orders', search: saved }) }}
        filters={
          <OrderFilters
            name="orders"
            parts={['states', 'kinds', 'types', 'systems', 'open', 'sort', 'waits']}
            rows={list.rows}
            search={search}
            onChange={setSearch}
            onClear={clear}
          />
        }
      />
      <Outlet />
    </Page>
  )
}

const rowId = (row: OrderRowFragment) => row.id
