import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useClient } from 'urql'
import { useCounters } from '../../graphql/live'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { Tile, Tiles } from '../../ui/Tiles'
import { BulkDialog } from './BulkDialog'
import {
  ConfirmManualOrdersDocument,
  ManualQueueDocument,
  ReportManualOrderErrorsDocument,
  type OrderRowFragment,
} from './order.generated'
import { manualColumns } from './orderColumns'
import { OrderFilters } from './OrderFilters'
import { couldMatch, toOrderFilter, type OrderSearch } from './orderSearch'
import { ordersNamed } from './ordersNamed'
import { orderPhrase } from './orderTitle'
import { QueueContext } from './queue'
import { useBulk } from './useBulk'
import { useLiveOrders } from './useLiveOrders'

const route = getRouteApi('/shell/manual')

/** Manual Provisioning (provisioning spec 4): what people change in systems by hand. */
export function ManualPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const client = useClient()
  const { scopes } = useMe()
  const counters = useCounters()
  const { orderId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<'confirm' | 'report' | null>(null)
  const [words, setWords] = useState('')
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/manual', search: { ...search, ...change }, replace: true })

  const list = useConnection({
    document: ManualQueueDocument,
    variables: { filter: toOrderFilter(search) },
    select: (data) => data.manualOrders,
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
    matches: (change) => change.to === 'TRANSMITTED' && couldMatch(search, change),
    refresh: list.refresh,
  })
  const label = (id: string) => list.rows.find((r) => r.id === id)?.owner?.displayName ?? id
  const confirming = useBulk({
    send: (orderIds) =>
      client.mutation(ConfirmManualOrdersDocument, { input: { orderIds, comment: words || undefined } }).toPromise(),
    results: (data) => data.confirmManualOrders.results,
    onEnd: () => setSelection(noSelection),
  })
  const reporting = useBulk({
    send: (orderIds) =>
      client.mutation(ReportManualOrderErrorsDocument, { input: { orderIds, message: words } }).toPromise(),
    results: (data) => data.reportManualOrderErrors.results,
    onEnd: () => setSelection(noSelection),
  })
  const begin = async (reason: string) => {
    const bulk = asking === 'report' ? reporting : confirming
    setAsking(null)
    setWords(reason)
    await bulk.start(selection.all ? (await list.all(() => undefined)).map((r) => r.id) : [...selection.ids])
  }
  const queue = useMemo(() => ({ ids, onDecided: (id: string) => setGone((old) => new Set([...old, id])) }), [ids])
  const chosen = selectionCount(selection, list.total ?? 0)
  const picked = rows.filter((row) => isSelected(selection, row.id))
  const only = chosen === 1 ? picked[0] : undefined
  const mayBulk = scopes.bulkManualProvisioning.length > 0

  return (
    <Page
      title={t.manual.title}
      hint={t.manual.hint}
      nav={
        <Tiles label={t.review.tiles}>
          <Link to="/manual" search={{ ...search, of: undefined }} activeOptions={{ includeSearch: true, exact: true }}>
            <Tile word={t.manual.all} count={counters?.manual ?? null} />
          </Link>
          {counters?.manualTiles.map((tile) => (
            <Link
              key={tile.entityType}
              to="/manual"
              search={{ ...search, of: tile.entityType }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={tile.displayName} count={tile.count} />
            </Link>
          ))}
        </Tiles>
      }
    >
      <Table
        label={t.manual.title}
        name="manual"
        list={{
          ...list,
          rows,
          total: list.total === null ? null : Math.max(rows.length, list.total - gone.size),
          refresh,
        }}
        columns={manualColumns}
        getId={rowId}
        empty={{ title: t.manual.empty, hint: t.manual.emptyHint }}
        onOpen={(row) =>
          void navigate({ to: '/manual/$orderId', params: { orderId: row.id }, search, replace: orderId !== undefined })
        }
        openId={orderId ?? null}
        selection={mayBulk ? selection : undefined}
        onSelection={mayBulk ? setSelection : undefined}
        wholeFilter
        flash={live.flash}
        fresh={live.fresh}
        isFaint={(row) => row.state !== 'TRANSMITTED'}
        savedFilters={{ search, apply: (saved) => void navigate({ to: '/manual', search: saved }) }}
        filters={
          <OrderFilters
            name="manual"
            parts={['kinds', 'types', 'systems']}
            rows={list.rows}
            search={search}
            onChange={setSearch}
            onClear={() => void navigate({ to: '/manual', search: { of: search.of } })}
          />
        }
        bulk={
          <>
            <Button onClick={() => setAsking('confirm')}>{t.manual.done}</Button>
            <Button variant="default" onClick={() => setAsking('report')}>
              {t.manual.report}
            </Button>
          </>
        }
      />
      {asking && (
        <ConfirmDialog
          title={
            only
              ? t.manual[asking === 'confirm' ? 'confirmOneTitle' : 'reportOneTitle'](orderPhrase(only))
              : t.manual[asking === 'confirm' ? 'bulkTitle' : 'reportTitle'](chosen)
          }
          text={
            <>
              {!only && <p>{ordersNamed(picked, chosen)}</p>}
              <p>{asking === 'confirm' ? t.manual.bulkText : t.manual.reportText}</p>
            </>
          }
          action={asking === 'confirm' ? t.manual.doneCount(chosen) : t.manual.report.replace('…', '')}
          danger={asking === 'report'}
          reason={
            asking === 'confirm'
              ? { label: t.common.comment }
              : { label: t.manual.reportReason, required: true, max: 4000 }
          }
          onConfirm={(reason) => void begin(reason)}
          onClose={() => setAsking(null)}
        />
      )}
      {[confirming, reporting].map(
        (bulk, index) =>
          bulk.run && (
            <BulkDialog
              key={index}
              title={bulk.run.running ? t.manual.bulkRunning : t.manual.bulkEnded}
              run={bulk.run}
              label={label}
              onRetry={(failed) => void bulk.start(failed)}
              onClose={() => {
                bulk.close()
                refresh()
              }}
            />
          ),
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </Page>
  )
}

const rowId = (row: OrderRowFragment) => row.id
