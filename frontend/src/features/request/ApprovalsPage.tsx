import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useRequestChanges } from '../../graphql/live'
import { mayApprove, mayReviewManyRoles } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { StepDecision } from '../../graphql/types.generated'
import { useBulkUnderWay } from '../../graphql/useBulkUnderWay'
import { useConnection } from '../../graphql/useConnection'
import { useStartBulk } from '../../graphql/useStartBulk'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { BulkUnderWay } from '../../ui/BulkUnderWay'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { QueueContext } from '../../ui/queue'
import { Table } from '../../ui/Table'
import { Tabs } from '../../ui/Tabs'
import { ListFilters } from './ListFilters'
import { questionOfMany, stepDecisions } from './questions'
import classes from './Request.module.css'
import { RequestItemsDocument, type RequestRowFragment } from './request.generated'
import { approvalColumns } from './requestColumns'
import { approvalVariables, countListFilters, type RequestListSearch } from './requestSearch'
import { itemPhrase } from './requestWords'
import { useDecideSteps } from './useDecideSteps'

const route = getRouteApi('/shell/approvals')

/** So many are decided at once. */
const mostAtOnce = 500

/** What waits for one's decision, the oldest first; what is stuck; and all that one may see. */
export function ApprovalsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { itemId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<StepDecision | null>(null)
  const { busy, decideThese } = useDecideSteps()
  const set = (change: Partial<RequestListSearch>) =>
    void navigate({ to: '/approvals', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: RequestItemsDocument,
    variables: approvalVariables(search),
    select: (data) => data.requestItems,
  })
  const refresh = () => {
    setGone(new Set())
    list.refresh()
  }
  useRequestChanges(refresh)
  const view = search.view === 'about' ? undefined : search.view
  const decides = mayApprove(me)
  const mayMany = mayReviewManyRoles(me) && view === undefined
  const { start, starting } = useStartBulk()
  const bulk = useBulkUnderWay(['REVIEW_ROLES'], !mayMany)
  const underWay = { ...bulk, changes: bulk.changes.filter((change) => change.isOfRequests) }
  // What is decided leaves the queue at once; the other lists show it as it is now.
  const rows = useMemo(
    () => (view === undefined ? list.rows.filter((row) => !gone.has(row.id)) : list.rows),
    [list.rows, gone, view],
  )
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const queue = useMemo(() => ({ ids, onDecided: (id: string) => setGone((old) => new Set([...old, id])) }), [ids])
  const selected = rows.filter((row) => isSelected(selection, row.id))
  const picked = selected.filter((row) => row.canDecide)
  const isFiltered = countListFilters(search) > 0
  const clear = () => set({ text: undefined, states: undefined, actions: undefined })
  const count = selectionCount(selection, amount(list.total ?? 0, list.isEstimate))
  const named = picked.slice(0, 5).map(itemPhrase)

  const decideAll = async (decision: StepDecision, comment: string) => {
    const { id, problem } = await start({
      kind: 'REVIEW_ROLES',
      decision,
      comment: comment || undefined,
      approvals: approvalVariables(search).filter,
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

  const decide = async (decision: StepDecision, comment: string) => {
    if (selection.all && mayMany) return decideAll(decision, comment)
    const { done, failed, problem } = await decideThese(picked, decision, comment)
    setAsking(null)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    const first = failed[0]
    if (first) notifyProblem({ code: first.code, message: `${t.request.notDone(failed.length)}: ${first.message}` })
    if (done > 0) notifyDone(t.request.doneMany[decision](done))
    refresh()
  }

  return (
    <Page
      title={t.request.approvals}
      hint={t.request.approvalsHint}
      nav={
        <Tabs label={t.request.approvals}>
          {(['mine', 'stuck', 'all'] as const).map((tab) => (
            <Link
              key={tab}
              to="/approvals"
              search={{ view: tab === 'mine' ? undefined : tab }}
              aria-current={(view ?? 'mine') === tab ? 'page' : undefined}
              data-status={(view ?? 'mine') === tab ? 'active' : undefined}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {t.request.tabs[tab]}
            </Link>
          ))}
        </Tabs>
      }
    >
      <BulkUnderWay {...underWay} />
      <Table
        key={view ?? 'mine'}
        label={t.request.approvals}
        name="approvals"
        list={{ ...list, rows, refresh }}
        columns={approvalColumns}
        getId={(row: RequestRowFragment) => row.id}
        empty={
          view === 'stuck'
            ? { title: t.request.noneStuck, hint: t.request.noneStuckHint }
            : view === 'all'
              ? { title: t.request.noneAll, hint: t.request.noneAllHint }
              : { title: t.request.noneToDecide, hint: t.request.noneToDecideHint }
        }
        onClear={isFiltered ? clear : undefined}
        onOpen={(row) =>
          void navigate({
            to: '/approvals/$itemId',
            params: { itemId: row.id },
            search,
            replace: itemId !== undefined,
          })
        }
        openId={itemId ?? null}
        selection={decides && view !== 'stuck' ? selection : undefined}
        onSelection={decides && view !== 'stuck' ? setSelection : undefined}
        wholeFilter={mayMany}
        sort={search.sort ?? (view === 'all' ? 'NEWEST' : 'DUE')}
        onSort={(sort) => set({ sort: sort === 'NEWEST' || sort === 'OLDEST' || sort === 'DUE' ? sort : undefined })}
        isFaint={(row) => view !== undefined && !row.canDecide}
        filters={
          <ListFilters
            search={search}
            withStates={view === 'all'}
            onChange={set}
            onClear={isFiltered ? clear : undefined}
          />
        }
        bulk={stepDecisions.map((decision, at) => (
          <Button
            key={decision}
            variant={at === 0 ? 'filled' : 'default'}
            className={decision === 'DECLINE' ? classes.danger : undefined}
            disabled={!(selection.all && mayMany) && (picked.length === 0 || picked.length > mostAtOnce)}
            onClick={() => setAsking(decision)}
          >
            {t.request.decisions[decision]}…
          </Button>
        ))}
      />
      {asking && (
        <ConfirmDialog
          {...questionOfMany(asking, picked, selection.all && mayMany ? count : undefined)}
          text={
            <>
              {selection.all && mayMany ? (
                <p>{t.request.manyWhere(count)}</p>
              ) : (
                <p data-machine>{t.order.fewAndMore(named.join('; '), picked.length - named.length)}</p>
              )}
              {!selection.all && picked.length < selected.length && (
                <p>{t.request.fits(picked.length, selected.length)}</p>
              )}
              <p>{t.request.consequence[asking]}</p>
            </>
          }
          busy={busy || starting || (!(selection.all && mayMany) && picked.length === 0)}
          onConfirm={(comment) => void decide(asking, comment)}
          onClose={() => setAsking(null)}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </Page>
  )
}
