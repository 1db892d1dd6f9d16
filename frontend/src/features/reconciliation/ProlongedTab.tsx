import { Button } from '@mantine/core'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { mayReviewManyRoles } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { RoleReviewDecision } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { ClearFilters, ManyFilter, SearchFilter } from '../../ui/Filters'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { QueueContext } from '../../ui/queue'
import { Table } from '../../ui/Table'
import { prolongedColumns, prolongedPhrase, questionOfManyProlonged, reviewDecisions } from './prolonged'
import { ProlongedListDocument, type ProlongedRowFragment } from './ProlongedTab.generated'
import classes from './Reconciliation.module.css'
import {
  causeList,
  countProlongedFilters,
  prolongedVariables,
  toProlongedFilter,
  type ProlongedSearch,
} from './reconcileSearch'
import { useDecideProlonged } from './useDecideProlonged'

const route = getRouteApi('/shell/reconcile/prolonged')

/** So many are named one by one; more are decided by the filter, on the server. */
const mostNamed = 500

/** Roles that a change of the rules took away, and that stay for their grace period. */
export function ProlongedTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const set = (change: Partial<ProlongedSearch>) =>
    void navigate({ to: '/reconcile/prolonged', search: { ...search, ...change }, replace: true })
  const me = useMe()
  const { prolongedId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<RoleReviewDecision | null>(null)
  const { busy, decideThese, decideAll } = useDecideProlonged()
  const list = useConnection({
    document: ProlongedListDocument,
    variables: prolongedVariables(search),
    select: (data) => data.prolongedRoles,
  })
  const refresh = () => {
    setGone(new Set())
    list.refresh()
  }
  useReconciliationChanges(refresh)
  const rows = useMemo(() => list.rows.filter((row) => !gone.has(row.id)), [list.rows, gone])
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const queue = useMemo(() => ({ ids, onDecided: (id: string) => setGone((old) => new Set([...old, id])) }), [ids])
  const mayMany = mayReviewManyRoles(me)
  const total = list.total === null ? 0 : Math.max(rows.length, list.total - gone.size)
  const picked = rows.filter((row) => isSelected(selection, row.id) && !row.isOwn)
  const count = selection.all ? selectionCount(selection, amount(total, list.isEstimate)) : picked.length
  const named = picked.slice(0, 5).map(prolongedPhrase)

  const decide = async (decision: RoleReviewDecision, reason: string) => {
    if (selection.all) {
      const { problem } = await decideAll(toProlongedFilter(search), decision, reason)
      setAsking(null)
      if (problem) return notifyProblem(problem)
      setSelection(noSelection)
      return notifyDone(t.reconcile.begun)
    }
    const { done, failed, problem } = await decideThese(picked, decision, reason)
    setAsking(null)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    const first = failed[0]
    if (first)
      notifyProblem({ code: first.code, message: `${t.reconcile.role.notDone(failed.length)}: ${first.message}` })
    if (done > 0) notifyDone(t.reconcile.role.done(done))
    refresh()
  }

  return (
    <>
      <Table
        label={t.reconcile.prolonged.title}
        name="prolonged-roles"
        list={{ ...list, rows, total: list.total === null ? null : total, refresh }}
        columns={prolongedColumns}
        getId={(row: ProlongedRowFragment) => row.id}
        empty={{ title: t.reconcile.prolonged.empty, hint: t.reconcile.prolonged.emptyHint }}
        onClear={
          countProlongedFilters(search) > 0
            ? () => void navigate({ to: '/reconcile/prolonged', search: {} })
            : undefined
        }
        onOpen={(row) =>
          void navigate({
            to: '/reconcile/prolonged/$prolongedId',
            params: { prolongedId: row.id },
            search,
            replace: prolongedId !== undefined,
          })
        }
        openId={prolongedId ?? null}
        selection={mayMany ? selection : undefined}
        onSelection={mayMany ? setSelection : undefined}
        wholeFilter
        sort={search.sort ?? 'OLDEST'}
        onSort={(sort) => set({ sort: sort === 'NEWEST' ? sort : undefined })}
        isFaint={(row) => row.isOwn}
        filters={
          <>
            <SearchFilter
              label={t.reconcile.role.search}
              placeholder={t.reconcile.role.search}
              value={search.text}
              onChange={(text) => set({ text })}
            />
            <SearchFilter
              label={t.reconcile.prolonged.roleFilter}
              placeholder={t.reconcile.prolonged.roleFilter}
              value={search.role}
              onChange={(role) => set({ role })}
            />
            <ManyFilter
              label={t.reconcile.prolonged.cause}
              values={search.causes}
              options={causeList.map((value) => ({ value, label: t.reconcile.prolonged.causes[value] }))}
              onChange={(causes) => set({ causes })}
            />
            {countProlongedFilters(search) > 0 && (
              <ClearFilters onClick={() => void navigate({ to: '/reconcile/prolonged', search: {} })} />
            )}
          </>
        }
        bulk={reviewDecisions.map((decision, at) => (
          <Button
            key={decision}
            variant={at === 0 ? 'filled' : 'default'}
            className={decision === 'DECLINE' ? classes.danger : undefined}
            disabled={!selection.all && picked.length > mostNamed}
            onClick={() => setAsking(decision)}
          >
            {t.reconcile.prolonged.decisions[decision]}…
          </Button>
        ))}
      />
      {asking && (
        <ConfirmDialog
          {...questionOfManyProlonged(asking, count, selection.all ? rows : picked)}
          text={
            <>
              <p>
                {selection.all
                  ? t.reconcile.manyWhere(count)
                  : t.order.fewAndMore(named.join('; '), picked.length - named.length)}
              </p>
              {!selection.all && picked.length < selection.ids.size && (
                <p>{t.reconcile.fits(picked.length, selection.ids.size)}</p>
              )}
              <p>{t.reconcile.prolonged.consequence[asking]}</p>
            </>
          }
          busy={busy || (!selection.all && picked.length === 0)}
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
