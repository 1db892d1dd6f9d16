import { Button } from '@mantine/core'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState, type ReactNode } from 'react'
import { mayReconcileMany } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { ReconciliationDecision } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { QueueContext } from '../../ui/queue'
import { Table } from '../../ui/Table'
import { decisionsFor, isDangerous, phrase, questionOfMany } from './decisions'
import { differenceColumns } from './differenceColumns'
import { DifferenceListDocument, type DifferenceRowFragment } from './DifferenceList.generated'
import classes from './Reconciliation.module.css'
import { countFilters, itemVariables, toFilter, type DifferenceSearch } from './reconcileSearch'
import { useDecide } from './useDecide'
import { useLiveDifferences } from './useLiveDifferences'

/** So many are named one by one; more are decided by the filter, on the server. */
const mostNamed = 500

/** Differences one by one, with decisions about several of them, or about all that the filter finds. */
export function DifferenceList(props: {
  search: DifferenceSearch
  onChange: (change: Partial<DifferenceSearch>) => void
  onClear: () => void
  /** The filters are drawn by the page; it learns which rows they can be made of. */
  filters: (rows: DifferenceRowFragment[]) => ReactNode
}) {
  const { search } = props
  const navigate = useNavigate()
  const me = useMe()
  const { itemId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<ReconciliationDecision | null>(null)
  const { busy, decideThese, decideAll } = useDecide()

  const list = useConnection({
    document: DifferenceListDocument,
    variables: itemVariables(search),
    select: (data) => data.reconciliationItems,
  })
  const rows = useMemo(() => list.rows.filter((row) => !gone.has(row.id)), [list.rows, gone])
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const refresh = () => {
    setGone(new Set())
    live.forget()
    list.refresh()
  }
  const live = useLiveDifferences({
    rows,
    filter: toFilter(search),
    total: list.total === null ? null : list.total - gone.size,
    refresh: list.refresh,
  })
  const queue = useMemo(
    () => ({
      ids,
      onDecided: (id: string, stays?: boolean) => {
        if (!stays) setGone((old) => new Set([...old, id]))
      },
    }),
    [ids],
  )

  const mayMany = mayReconcileMany(me)
  const total = list.total === null ? 0 : Math.max(rows.length, list.total - gone.size)
  const picked = rows.filter((row) => isSelected(selection, row.id) && row.closedAt === null && !row.isOwn)
  // One pattern is of one kind; rows that were picked may be, too.
  const kind = search.kind ?? (search.pattern ? rows[0]?.kind : oneKind(selection.all ? [] : picked))
  const offered = decisionsFor(kind, search.postponed ?? false)
  const fitting = asking ? picked.filter((row) => row.decisions.includes(asking)) : picked
  const count = selection.all ? selectionCount(selection, amount(total, list.isEstimate)) : fitting.length
  const named = fitting.slice(0, 5).map(phrase)

  const decide = async (decision: ReconciliationDecision, reason: string) => {
    if (selection.all) {
      const { problem } = await decideAll(toFilter(search), decision, reason)
      setAsking(null)
      if (problem) return notifyProblem(problem)
      setSelection(noSelection)
      return notifyDone(t.reconcile.begun)
    }
    const { done, failed, problem } = await decideThese(fitting, decision, { comment: reason })
    setAsking(null)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    if (failed[0])
      notifyProblem({
        ...failed[0],
        message: `${t.reconcile.notDone(failed.length)}: ${failed[0].message}`,
        id: undefined,
      })
    if (done > 0) notifyDone(t.reconcile.done(done))
    refresh()
  }

  return (
    <>
      <Table
        label={t.reconcile.differences}
        name="differences"
        list={{ ...list, rows, total: list.total === null ? null : total, refresh }}
        columns={differenceColumns}
        getId={rowId}
        empty={
          search.postponed
            ? { title: t.reconcile.nonePostponed, hint: t.reconcile.nonePostponedHint }
            : { title: t.reconcile.empty, hint: t.reconcile.emptyHint }
        }
        onClear={countFilters(search) > 0 ? props.onClear : undefined}
        onOpen={(row) =>
          void navigate({
            to: '/reconcile/resources/$itemId',
            params: { itemId: row.id },
            search,
            replace: itemId !== undefined,
          })
        }
        openId={itemId ?? null}
        selection={mayMany ? selection : undefined}
        onSelection={mayMany ? setSelection : undefined}
        wholeFilter
        sort={search.sort ?? 'OLDEST'}
        onSort={(sort) => props.onChange({ sort: sort === 'NEWEST' ? sort : undefined })}
        flash={live.flash}
        fresh={live.fresh}
        isFaint={(row) => row.closedAt !== null || row.isOwn}
        savedFilters={{
          search,
          apply: (saved) => void navigate({ to: '/reconcile/resources', search: saved as DifferenceSearch }),
        }}
        filters={props.filters(list.rows)}
        bulk={
          <>
            {offered.map((decision, at) => (
              <Button
                key={decision}
                variant={at === 0 && !isDangerous(decision) ? 'filled' : 'default'}
                className={isDangerous(decision) ? classes.danger : undefined}
                disabled={!selection.all && picked.length > mostNamed}
                onClick={() => setAsking(decision)}
              >
                {t.reconcile.manyDecisions[decision]}…
              </Button>
            ))}
            {kind === undefined && <span className="dim">{t.reconcile.notMany}</span>}
          </>
        }
      />
      {asking && (
        <ConfirmDialog
          {...questionOfMany(asking, count, selection.all ? rows : fitting)}
          text={
            <>
              <p>
                {selection.all
                  ? t.reconcile.manyWhere(count)
                  : t.order.fewAndMore(named.join('; '), fitting.length - named.length)}
              </p>
              {!selection.all && fitting.length < selection.ids.size && (
                <p>{t.reconcile.fits(fitting.length, selection.ids.size)}</p>
              )}
              <p>{t.reconcile.consequence[asking]}</p>
            </>
          }
          busy={busy || fitting.length === 0}
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

const rowId = (row: DifferenceRowFragment) => row.id

function oneKind(rows: DifferenceRowFragment[]) {
  const kinds = new Set(rows.map((row) => (row.kind === 'MISSING' ? 'UNRECONCILED' : row.kind)))
  return kinds.size === 1 ? [...kinds][0] : undefined
}
