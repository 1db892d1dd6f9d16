import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useCounters } from '../../graphql/live'
import type { LineDecision, OrderFilter } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Page } from '../../ui/Page'
import { Table, type TableHandle } from '../../ui/Table'
import { Tile, Tiles } from '../../ui/Tiles'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { BulkDialog } from './BulkDialog'
import { ReviewOrdersDocument, ReviewQueueDocument, type OrderRowFragment } from './order.generated'
import { reviewColumns } from './orderColumns'
import { OrderFilters } from './OrderFilters'
import { couldMatch, toOrderFilter, type OrderSearch } from './orderSearch'
import { ordersNamed } from './ordersNamed'
import { orderPhrase } from './orderTitle'
import { PropertyView } from './PropertyView'
import { QueueContext } from './queue'
import { useBulk } from './useBulk'
import { useLiveOrders } from './useLiveOrders'

const route = getRouteApi('/shell/review')

/** Provisioning Review (provisioning spec 3). */
export function ReviewPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const counters = useCounters()
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/review', search: { ...search, ...change }, replace: true })
  return (
    <Page
      title={t.review.title}
      hint={t.review.hint}
      actions={
        <ViewSwitch
          label={t.assignment.view}
          value={search.view ?? 'resource'}
          options={[
            { value: 'resource', label: t.review.resourceView },
            { value: 'property', label: t.review.propertyView },
          ]}
          onChange={(view) => setSearch({ view: view === 'property' ? 'property' : undefined })}
        />
      }
      nav={
        <Tiles label={t.review.tiles}>
          <Link to="/review" search={{ ...search, of: undefined }} activeOptions={{ includeSearch: true, exact: true }}>
            <Tile word={t.review.all} count={counters?.toReview ?? null} />
          </Link>
          {counters?.reviewTiles.map((tile) => (
            <Link
              key={tile.entityType}
              to="/review"
              search={{ ...search, of: tile.entityType }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={tile.displayName} count={tile.count} />
            </Link>
          ))}
          {counters && counters.errored > 0 && (
            <Link to="/errors" search={search.of ? { of: search.of } : {}}>
              <Tile word={t.review.errorsTitle} count={counters.errored} />
            </Link>
          )}
        </Tiles>
      }
    >
      {search.view === 'property' ? (
        <PropertyView search={search} onChange={setSearch} />
      ) : (
        <ResourceView search={search} onChange={setSearch} />
      )}
    </Page>
  )
}

function ResourceView({ search, onChange }: { search: OrderSearch; onChange: (change: Partial<OrderSearch>) => void }) {
  const navigate = useNavigate()
  const client = useClient()
  const { orderId } = useParams({ strict: false })
  const table = useRef<TableHandle>(null)
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<LineDecision | null>(null)
  const [decision, setDecision] = useState<{ decision: LineDecision; comment?: string }>({ decision: 'APPROVE' })

  const filter: OrderFilter = { states: ['AWAITING_APPROVAL'], ...toOrderFilter(search) }
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
    matches: (change) => change.to === 'AWAITING_APPROVAL' && couldMatch(search, change),
    refresh: list.refresh,
  })
  const bulk = useBulk({
    send: (orderIds) => client.mutation(ReviewOrdersDocument, { input: { orderIds, ...decision } }).toPromise(),
    results: (data) => data.reviewOrders.results,
    onEnd: (run) => {
      setSelection(noSelection)
      if (run.failed.length === 0) refresh()
    },
  })

  const open = (row: OrderRowFragment) =>
    void navigate({ to: '/review/$orderId', params: { orderId: row.id }, search, replace: orderId !== undefined })
  const chosen = selectionCount(selection, list.total ?? 0)
  const picked = rows.filter((row) => isSelected(selection, row.id))
  const only = chosen === 1 ? picked[0] : undefined
  const begin = async (wanted: LineDecision, comment?: string) => {
    setAsking(null)
    setDecision({ decision: wanted, comment: comment || undefined })
    const all = selection.all ? (await list.all(() => undefined)).map((r) => r.id) : [...selection.ids]
    await bulk.start(all)
  }
  const queue = useMemo(
    () => ({
      ids,
      onDecided: (id: string, stays?: boolean) => {
        if (!stays) setGone((old) => new Set([...old, id]))
      },
    }),
    [ids],
  )

  return (
    <>
      <Table
        ref={table}
        label={t.review.title}
        name="review"
        list={{
          ...list,
          rows,
          total: list.total === null ? null : Math.max(rows.length, list.total - gone.size),
          refresh,
        }}
        columns={reviewColumns}
        getId={rowId}
        empty={{ title: t.review.empty, hint: t.review.emptyHint }}
        onOpen={open}
        openId={orderId ?? null}
        selection={selection}
        onSelection={setSelection}
        wholeFilter
        sort={search.sort ?? 'CREATED_DESC'}
        onSort={(sort) => onChange({ sort: sort as OrderSearch['sort'] })}
        flash={live.flash}
        fresh={live.fresh}
        isFaint={(row) => row.state !== 'AWAITING_APPROVAL' || row.postponedAt !== null}
        savedFilters={{ search, apply: (saved) => void navigate({ to: '/review', search: saved }) }}
        filters={
          <OrderFilters
            name="review"
            parts={['kinds', 'types', 'systems', 'postponed', 'sort']}
            rows={list.rows}
            search={search}
            onChange={onChange}
            onClear={() => void navigate({ to: '/review', search: { of: search.of, view: search.view } })}
          />
        }
        bulk={
          <>
            <Button onClick={() => setAsking('APPROVE')}>{t.review.approve}</Button>
            <Button variant="default" onClick={() => setAsking('DECLINE')}>
              {t.review.decline}…
            </Button>
            <Button variant="default" onClick={() => setAsking('POSTPONE')}>
              {t.review.postpone}
            </Button>
          </>
        }
      />
      {asking && (
        <ConfirmDialog
          title={
            only
              ? t.review.oneTitle[asking](orderPhrase(only))
              : asking === 'DECLINE'
                ? t.review.declineTitle(chosen)
                : t.review.bulkTitle[asking](chosen)
          }
          text={
            <>
              {!only && <p>{ordersNamed(picked, chosen)}</p>}
              <p>{asking === 'DECLINE' ? t.review.declineText : t.review.bulkText[asking]}</p>
            </>
          }
          action={t.review[asking === 'APPROVE' ? 'approve' : asking === 'DECLINE' ? 'decline' : 'postpone']}
          danger={asking === 'DECLINE'}
          reason={
            asking === 'DECLINE' ? { label: t.review.declineReason, required: true } : { label: t.review.comment }
          }
          onConfirm={(comment) => void begin(asking, comment)}
          onClose={() => setAsking(null)}
        />
      )}
      {bulk.run && (
        <BulkDialog
          title={t.review.bulkDoing[decision.decision]}
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
    </>
  )
}

const rowId = (row: OrderRowFragment) => row.id
