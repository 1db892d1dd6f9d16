import { Button } from '@mantine/core'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useClient } from 'urql'
import type { OrderFilter } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { BulkDialog } from './BulkDialog'
import { FaultsPanel } from './FaultsPanel'
import { ReviewQueueDocument, UnblockOrdersDocument, type OrderRowFragment } from './order.generated'
import { errorColumns } from './orderColumns'
import { OrderFilters } from './OrderFilters'
import { couldMatch, toOrderFilter, type OrderSearch } from './orderSearch'
import { ordersNamed } from './ordersNamed'
import { orderPhrase } from './orderTitle'
import { QueueContext } from './queue'
import { useBulk } from './useBulk'
import { useLiveOrders } from './useLiveOrders'

const route = getRouteApi('/shell/errors')

/** Errored orders: the second half of Provisioning Review, to unblock one by one or in bulk. */
export function ErrorsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const client = useClient()
  const { orderId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState(false)
  const [comment, setComment] = useState('')
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/errors', search: { ...search, ...change }, replace: true })

  const filter: OrderFilter = { states: ['ERRORED', 'ERROR'], ...toOrderFilter(search) }
  const list = useConnection({
    document: ReviewQueueDocument,
    variables: { filter, orderBy: search.sort },
    select: (data) => data.reviewQueue,
  })
  const rows = useMemo(() => list.rows.filter((r) => !gone.has(r.id)), [list.rows, gone])
  const ids = useMemo(() => rows.map((r) => r.id), [rows])
  const refresh = () => {
    setGone(new Set())
    live.forget()
    list.refresh()
  }
  const live = useLiveOrders({
    ids,
    matches: (change) => (change.to === 'ERRORED' || change.to === 'ERROR') && couldMatch(search, change),
    refresh: list.refresh,
  })
  const bulk = useBulk({
    send: (orderIds) =>
      client.mutation(UnblockOrdersDocument, { input: { orderIds, comment: comment || undefined } }).toPromise(),
    results: (data) => data.unblockOrders.results,
    onEnd: () => setSelection(noSelection),
  })
  const begin = async (reason: string) => {
    setAsking(false)
    setComment(reason)
    await bulk.start(selection.all ? (await list.all(() => undefined)).map((r) => r.id) : [...selection.ids])
  }
  const queue = useMemo(() => ({ ids, onDecided: (id: string) => setGone((old) => new Set([...old, id])) }), [ids])
  const chosen = selectionCount(selection, list.total ?? 0)
  const picked = rows.filter((row) => isSelected(selection, row.id))
  const only = chosen === 1 ? picked[0] : undefined

  return (
    <Page title={t.review.errorsTitle} hint={t.review.errorsHint}>
      <FaultsPanel />
      <Table
        label={t.review.errorsTitle}
        name="errors"
        list={{ ...list, rows, refresh }}
        columns={errorColumns}
        getId={rowId}
        empty={{ title: t.review.errorsEmpty, hint: t.review.errorsEmptyHint }}
        onOpen={(row) =>
          void navigate({ to: '/errors/$orderId', params: { orderId: row.id }, search, replace: orderId !== undefined })
        }
        openId={orderId ?? null}
        selection={selection}
        onSelection={setSelection}
        wholeFilter
        sort={search.sort ?? 'CREATED_DESC'}
        onSort={(sort) => setSearch({ sort: sort as OrderSearch['sort'] })}
        flash={live.flash}
        fresh={live.fresh}
        isFaint={(row) => row.state !== 'ERRORED' && row.state !== 'ERROR'}
        savedFilters={{ search, apply: (saved) => void navigate({ to: '/errors', search: saved }) }}
        filters={
          <OrderFilters
            name="errors"
            parts={['kinds', 'types', 'systems', 'cause']}
            rows={list.rows}
            search={search}
            onChange={setSearch}
            onClear={() => void navigate({ to: '/errors', search: {} })}
          />
        }
        bulk={<Button onClick={() => setAsking(true)}>{t.order.unblock}</Button>}
      />
      {asking && (
        <ConfirmDialog
          title={only ? t.order.unblockOneTitle(orderPhrase(only)) : t.order.unblockTitle(chosen)}
          text={
            <>
              {!only && <p>{ordersNamed(picked, chosen)}</p>}
              <p>{t.order.unblockText}</p>
            </>
          }
          action={t.order.unblock}
          reason={{ label: t.review.comment }}
          onConfirm={(reason) => void begin(reason)}
          onClose={() => setAsking(false)}
        />
      )}
      {bulk.run && (
        <BulkDialog
          title={t.order.unblock}
          run={bulk.run}
          label={(id) => list.rows.find((r) => r.id === id)?.owner?.displayName ?? id}
          onRetry={(failed) => void bulk.start(failed)}
          onClose={() => {
            bulk.close()
            refresh()
          }}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </Page>
  )
}

const rowId = (row: OrderRowFragment) => row.id
