import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useCounters, useReconciliationChanges } from '../../graphql/live'
import { mayReconcileMany } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { OwnerlessReason, ReconciliationDecision } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { formatLastDay } from '../../lib/format'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { QueueContext } from '../../ui/queue'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { Tile, Tiles } from '../../ui/Tiles'
import { useSeen } from '../../ui/useSeen'
import { isDangerous, questionOfMany } from './decisions'
import { postponedLook, reasonLooks } from './looks'
import { OrphanListDocument, OrphanNumbersDocument, type OrphanRowFragment } from './OrphansTab.generated'
import type { DifferenceRowFragment } from './DifferenceList.generated'
import classes from './Reconciliation.module.css'
import { orphanVariables, reasonList, toOrphanFilter, type OrphanSearch } from './reconcileSearch'
import { useDecide } from './useDecide'

const route = getRouteApi('/shell/reconcile/orphans')

/** An owner is never chosen for many at once. */
const forMany: ReconciliationDecision[] = ['POSTPONE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT']

/** So many are named one by one at most. */
const mostNamed = 500

/** Accounts that are nobody's, or of somebody who has left, each with why. */
export function OrphansTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { accountId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [asking, setAsking] = useState<ReconciliationDecision | null>(null)
  const { busy, decideThese, decideAll } = useDecide()
  const list = useConnection({
    document: OrphanListDocument,
    variables: orphanVariables(search),
    select: (data) => data.accountsWithoutOwner,
  })
  const [{ data: numbers }, count] = useReading({ query: OrphanNumbersDocument, requestPolicy: 'cache-and-network' })
  const refresh = () => {
    list.refresh()
    count({ requestPolicy: 'network-only' })
  }
  useReconciliationChanges(refresh)
  // An account is gone once it is read no more: that is no decision, but it is counted.
  const counted = useCounters()?.reconciliation
  const number = counted ? counted.accountsOfLeavers + counted.orphans : null
  const shown = useRef(number)
  useEffect(() => {
    if (shown.current !== null && shown.current !== number) refresh()
    shown.current = number
  })
  const counts: Record<OwnerlessReason, number> | null = numbers
    ? {
        LEAVER: numbers.leavers.totalCount,
        OWNER_GONE: numbers.gone.totalCount,
        AMBIGUOUS: numbers.ambiguous.totalCount,
        NEVER_MATCHED: numbers.unmatched.totalCount,
      }
    : null

  const setSearch = (change: Partial<OrphanSearch>) =>
    void navigate({ to: '/reconcile/orphans', search: { ...search, ...change }, replace: true })
  const clear = () => void navigate({ to: '/reconcile/orphans', search: { reasons: search.reasons } })
  const filtered = Object.keys(search).some((name) => name !== 'reasons')
  const ids = useMemo(() => list.rows.map((row) => row.id), [list.rows])
  const queue = useMemo(() => ({ ids, onDecided: () => undefined }), [ids])
  const picked = list.rows.filter((row) => isSelected(selection, row.id))
  const decidable = picked.filter((row) => row.itemId !== null && !row.isOwn)
  const systems = useSeen(
    'orphans.systems',
    list.rows.flatMap((r) => (r.system ? [[r.system, r.systemName ?? r.system]] : [])),
    search.systems,
  )
  const types = useSeen(
    'orphans.types',
    list.rows.flatMap((r) => (r.resourceType ? [[r.resourceType, r.resourceTypeName ?? r.resourceType]] : [])),
    search.types,
  )

  const decide = async (decision: ReconciliationDecision, comment: string) => {
    if (selection.all) {
      const { problem } = await decideAll({ withoutOwner: toOrphanFilter(search) }, decision, comment)
      setAsking(null)
      if (problem) return notifyProblem(problem)
      setSelection(noSelection)
      return notifyDone(t.reconcile.begun)
    }
    const items = decidable.map((row) => ({ id: row.itemId ?? '', version: row.itemVersion ?? undefined }))
    const { done, failed, problem } = await decideThese(items, decision, { comment })
    setAsking(null)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    const first = failed[0]
    if (first) notifyProblem({ code: first.code, message: `${t.reconcile.notDone(failed.length)}: ${first.message}` })
    if (done > 0) notifyDone(t.reconcile.done(done))
    refresh()
  }
  const mayMany = mayReconcileMany(me)
  const size = selection.all ? selectionCount(selection, amount(list.total ?? 0, list.isEstimate)) : decidable.length
  const question = asking && questionOfMany(asking, size, (selection.all ? list.rows : decidable).map(commentsOf))
  const names = decidable.slice(0, 5).map((row) => t.reconcile.accountIn(row.account.displayName, row.systemName ?? ''))

  return (
    <>
      <div className={classes.over}>
        <Tiles label={t.reconcile.orphan.reasonFilter}>
          <Link
            to="/reconcile/orphans"
            search={{ ...search, reasons: undefined }}
            activeOptions={{ includeSearch: true, exact: true }}
          >
            <Tile
              word={t.reconcile.all}
              count={counts && reasonList.reduce((sum, reason) => sum + counts[reason], 0)}
            />
          </Link>
          {reasonList.map((reason) => (
            <Link
              key={reason}
              to="/reconcile/orphans"
              search={{ ...search, reasons: [reason] }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={t.reconcile.orphan.reasons[reason]} count={counts && counts[reason]} />
            </Link>
          ))}
        </Tiles>
      </div>
      <Table
        label={t.reconcile.orphan.title}
        name="orphans"
        list={{ ...list, refresh }}
        columns={columns}
        getId={rowId}
        empty={{ title: t.reconcile.orphan.empty, hint: t.reconcile.orphan.emptyHint }}
        onClear={filtered || search.reasons ? () => void navigate({ to: '/reconcile/orphans', search: {} }) : undefined}
        onOpen={(row) =>
          void navigate({
            to: '/reconcile/orphans/$accountId',
            params: { accountId: row.id },
            search,
            replace: accountId !== undefined,
          })
        }
        openId={accountId ?? null}
        selection={mayMany ? selection : undefined}
        onSelection={mayMany ? setSelection : undefined}
        wholeFilter
        isFaint={(row) => row.isPostponed || row.isOwn || row.orderId !== null}
        filters={
          <>
            <SearchFilter
              label={t.reconcile.search}
              placeholder={t.reconcile.search}
              value={search.text}
              onChange={(text) => setSearch({ text })}
            />
            <ManyFilter
              label={t.order.systemFilter}
              values={search.systems}
              options={systems}
              onChange={(value) => setSearch({ systems: value })}
            />
            <ManyFilter
              label={t.order.typeFilter}
              values={search.types}
              options={types}
              onChange={(value) => setSearch({ types: value })}
            />
            <SelectFilter
              label={t.reconcile.postponed}
              any={`${t.reconcile.postponed}: ${t.common.all}`}
              value={search.postponed}
              options={[
                { value: 'no', label: t.order.hidePostponed },
                { value: 'yes', label: t.reconcile.postponed },
              ]}
              onChange={(postponed) => setSearch({ postponed })}
            />
            {filtered && <ClearFilters onClick={clear} />}
          </>
        }
        bulk={forMany.map((decision) => (
          <Button
            key={decision}
            variant="default"
            className={isDangerous(decision) ? classes.danger : undefined}
            disabled={!selection.all && (decidable.length === 0 || decidable.length > mostNamed)}
            onClick={() => setAsking(decision)}
          >
            {t.reconcile.manyDecisions[decision]}…
          </Button>
        ))}
      />
      {asking && question && (
        <ConfirmDialog
          {...question}
          text={
            <>
              <p>
                {selection.all
                  ? t.reconcile.orphan.manyWhere(size)
                  : t.order.fewAndMore(names.join('; '), decidable.length - names.length)}
              </p>
              {!selection.all && decidable.length < picked.length && (
                <p>{t.reconcile.fits(decidable.length, picked.length)}</p>
              )}
              <p>{t.reconcile.consequence[asking]}</p>
            </>
          }
          busy={busy}
          onConfirm={(reason) => void decide(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </>
  )
}

const rowId = (row: OrphanRowFragment) => row.id

const columns: Column<OrphanRowFragment>[] = [
  {
    id: 'account',
    header: t.reconcile.account,
    width: 'minmax(160px, 1.2fr)',
    cell: (a) => (
      <span data-machine className="cut">
        {a.account.displayName}
      </span>
    ),
    text: (a) => a.account.displayName,
    also: [{ header: t.common.key, text: (a) => a.account.key }],
  },
  {
    id: 'type',
    header: t.order.resourceType,
    width: 'minmax(130px, 1fr)',
    cell: (a) =>
      a.resourceTypeName === null ? (
        <span className="dim cut">{t.reconcile.orphan.unknown}</span>
      ) : (
        <span className="cut">{a.resourceTypeName}</span>
      ),
    text: (a) => a.resourceTypeName ?? '',
  },
  {
    id: 'system',
    header: t.common.system,
    width: 'minmax(90px, 0.7fr)',
    cell: (a) => <span className="cut">{a.systemName ?? ''}</span>,
    text: (a) => a.systemName ?? '',
  },
  {
    id: 'reason',
    header: t.reconcile.orphan.because,
    width: '150px',
    lasting: true,
    cell: (a) => <Badge {...reasonLooks[a.reason]} />,
    text: (a) => t.reconcile.orphan.reasons[a.reason],
  },
  {
    id: 'whose',
    header: t.reconcile.orphan.whose,
    width: 'minmax(190px, 1.4fr)',
    lasting: true,
    cell: (a) =>
      a.owner ? (
        <Stack main={a.owner.displayName} sub={a.owner.key} />
      ) : (
        <span className="cut dim">{people(a).join(', ') || t.reconcile.noOwner}</span>
      ),
    text: (a) => a.owner?.displayName ?? people(a).join(', '),
    also: [{ header: t.order.ownerKey, text: (a) => a.owner?.key ?? '' }],
  },
  {
    id: 'left',
    header: t.reconcile.orphan.leftOn,
    width: '112px',
    noCard: true,
    cell: (a) => (a.leftAt ? <span className="num">{formatLastDay(a.leftAt)}</span> : null),
    text: (a) => a.leftAt ?? '',
  },
  {
    id: 'waits',
    header: t.common.state,
    width: 'minmax(130px, 0.8fr)',
    cell: (a) =>
      a.orderId !== null ? (
        <span className="dim cut">{t.reconcile.orphan.inOrder}</span>
      ) : a.isPostponed ? (
        <Badge {...postponedLook} />
      ) : (
        <span className="cut">
          {a.itemId === null && a.resourceType !== null ? t.reconcile.orphan.settled : t.reconcile.orphan.waiting}
        </span>
      ),
  },
  {
    id: 'since',
    header: t.common.since,
    width: '84px',
    align: 'right',
    cell: (a) => <RelativeTime at={a.since} />,
    text: (a) => a.since,
  },
]

/** Whom rules find, each once. */
function people(a: OrphanRowFragment): string[] {
  return [...new Map(a.candidates.map((c) => [c.owner.id, c.owner.displayName])).values()]
}

/** Whether decisions about an account take a comment. */
function commentsOf(row: OrphanRowFragment): Pick<DifferenceRowFragment, 'comments'> {
  return {
    comments: row.types.flatMap(({ comment, commentOnDelete }) => [
      { decision: 'AUTHORIZE_WITHOUT_OWNER', activation: comment },
      { decision: 'DELETE_ACCOUNT', activation: commentOnDelete },
    ]),
  }
}
