import { Button } from '@mantine/core'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState, type ReactNode } from 'react'
import type { TypedDocumentNode } from 'urql'
import type { BulkDecision, BulkKind, OrderFilter, OrderSort, ProvisioningState } from '../../graphql/types.generated'
import { useBulkUnderWay } from '../../graphql/useBulkUnderWay'
import { BulkChangesChangedDocument } from '../../graphql/live.generated'
import { useConnection, type Connection } from '../../graphql/useConnection'
import { useStartBulk } from '../../graphql/useStartBulk'
import { useTold } from '../../graphql/useTold'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount, type Amount } from '../../lib/texts/plural'
import { BulkUnderWay } from '../../ui/BulkUnderWay'
import { ConfirmDialog, type AskedReason } from '../../ui/ConfirmDialog'
import type { Column } from '../../ui/column'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Table } from '../../ui/Table'
import type { OrderRowFragment } from './orderColumns.generated'
import { OrderFilters, type FilterPart } from './OrderFilters'
import { couldMatch, countFilters, type OrderSearch } from './orderSearch'
import { ordersNamed } from './ordersNamed'
import { orderPhrase } from './orderTitle'
import { QueueContext } from '../../ui/queue'
import { useLiveOrders } from './useLiveOrders'

/** One thing that can be done to the selected orders, after a question. */
export interface QueueAction {
  id: string
  label: string
  /** The yes of the page; the others are quiet. */
  isMain?: boolean
  danger?: boolean
  /** The question for one order, named, and for many. */
  oneTitle: (what: string) => string
  manyTitle: (count: Amount) => string
  text: string
  /** On the button that confirms. */
  confirm: (count: Amount) => string
  reason: AskedReason
  /** What the server is asked to do to each. */
  decision: BulkDecision
}

type QueueVariables = { first?: number; after?: string | null; filter?: OrderFilter | null; orderBy?: OrderSort | null }

/**
 * A queue of orders that wait for a person: review, errors, tickets. The list with its filters in the address, live changes, a selection with
 * actions after a question, and the drawer of one order, which leads on to the next.
 */
export function QueueList<Data>(props: {
  /** Names it for people, and for what is stored. */
  label: string
  name: string
  path: '/review' | '/errors' | '/manual'
  search: OrderSearch
  /** What stays in the address when filters are cleared. */
  kept?: Partial<OrderSearch>
  document: TypedDocumentNode<Data, QueueVariables>
  /** Beside those of the address. */
  variables: { filter: OrderFilter; orderBy?: OrderSort }
  select: (data: Data) => Connection<OrderRowFragment>
  /** The states in which an order belongs here. */
  states: ProvisioningState[]
  /** It waits, and belongs here, but not at once. */
  isLater?: (row: OrderRowFragment) => boolean
  columns: Column<OrderRowFragment>[]
  filters: FilterPart[]
  sorted?: boolean
  empty: { title: string; hint: string }
  /** Empty: nothing can be selected. */
  actions: QueueAction[]
  /** What a decision about many of them is. */
  kind: BulkKind
}) {
  const { search, path, actions } = props
  const navigate = useNavigate()
  const { orderId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<QueueAction | null>(null)

  const list = useConnection({ document: props.document, variables: props.variables, select: props.select })
  const rows = useMemo(() => list.rows.filter((r) => !gone.has(r.id)), [list.rows, gone])
  const ids = useMemo(() => rows.map((r) => r.id), [rows])
  const live = useLiveOrders({
    ids,
    matches: (change) => props.states.includes(change.to) && couldMatch(search, change),
    refresh: list.refresh,
  })
  const refresh = () => {
    setGone(new Set())
    live.forget()
    list.refresh()
  }
  const { start, starting } = useStartBulk()
  const underWay = useBulkUnderWay([props.kind], actions.length === 0)
  // What the server decides leaves the queue in its own time.
  useTold(BulkChangesChangedDocument, {}, list.refresh)

  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: path, search: { ...search, ...change }, replace: true })
  const clear = () => void navigate({ to: path, search: props.kept ?? {} })
  const chosen = selectionCount(selection, amount(list.total ?? 0, list.isEstimate))
  const picked = rows.filter((row) => isSelected(selection, row.id))
  const only = chosen === 1 ? picked[0] : undefined

  const begin = async (action: QueueAction, reason: string) => {
    const { id, problem } = await start({
      kind: props.kind,
      decision: action.decision,
      comment: reason || undefined,
      ...(selection.all ? { orders: props.variables.filter } : { ids: [...selection.ids] }),
    })
    setAsking(null)
    if (problem) return notifyProblem(problem)
    setSelection(noSelection)
    if (id)
      notifyDone(t.bulk.begunMany, {
        label: t.bulk.follow,
        run: () => void navigate({ to: '/bulk/$bulkId', params: { bulkId: id } }),
      })
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
      <BulkUnderWay {...underWay} />
      <Table
        label={props.label}
        name={props.name}
        list={{
          ...list,
          rows,
          total: list.total === null ? null : Math.max(rows.length, list.total - gone.size),
          refresh,
        }}
        columns={props.columns}
        getId={rowId}
        empty={props.empty}
        onClear={countFilters(search) > 0 ? clear : undefined}
        onOpen={(row) =>
          void navigate({
            to: `${path}/$orderId`,
            params: { orderId: row.id },
            search,
            replace: orderId !== undefined,
          })
        }
        openId={orderId ?? null}
        selection={actions.length ? selection : undefined}
        onSelection={actions.length ? setSelection : undefined}
        wholeFilter
        sort={props.sorted ? (search.sort ?? 'CREATED_DESC') : undefined}
        onSort={props.sorted ? (sort) => setSearch({ sort: sort as OrderSearch['sort'] }) : undefined}
        flash={live.flash}
        fresh={live.fresh}
        isFaint={(row) => !props.states.includes(row.state) || (props.isLater?.(row) ?? false)}
        savedFilters={{ search, apply: (saved) => void navigate({ to: path, search: saved }) }}
        filters={
          <OrderFilters
            name={props.name}
            parts={props.filters}
            rows={list.rows}
            search={search}
            onChange={setSearch}
            onClear={clear}
          />
        }
        bulk={actions.map((action) => (
          <Button key={action.id} variant={action.isMain ? 'filled' : 'default'} onClick={() => setAsking(action)}>
            {action.label}
          </Button>
        ))}
      />
      {asking && (
        <ConfirmDialog
          title={only ? asking.oneTitle(orderPhrase(only)) : asking.manyTitle(chosen)}
          text={<Question named={only ? null : ordersNamed(picked, chosen)}>{asking.text}</Question>}
          action={asking.confirm(chosen)}
          danger={asking.danger}
          reason={asking.reason}
          busy={starting}
          onConfirm={(reason) => void begin(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </>
  )
}

function Question({ named, children }: { named: string | null; children: ReactNode }) {
  return (
    <>
      {named && <p>{named}</p>}
      <p>{children}</p>
    </>
  )
}

const rowId = (row: OrderRowFragment) => row.id
