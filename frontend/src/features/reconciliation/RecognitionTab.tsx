import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { mayReconcileMany } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount, sizeOf } from '../../lib/texts/plural'
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
import { recognitionLooks } from './looks'
import {
  RecognitionListDocument,
  RecognitionNumbersDocument,
  type RecognitionRowFragment,
} from './RecognitionTab.generated'
import classes from './Reconciliation.module.css'
import { recognitionVariables, toRecognitionFilter, type RecognitionSearch } from './reconcileSearch'
import { useReset } from './useReset'

const route = getRouteApi('/shell/reconcile/recognition')

/** So many are named one by one at most. */
const mostNamed = 500

/** All accounts of managed systems: whose each is, what, by which rule, and whether somebody decided that (role-model 5). */
export function RecognitionTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { accountId } = useParams({ strict: false })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [asking, setAsking] = useState(false)
  const { busy, resetThese, resetAll } = useReset()
  const list = useConnection({
    document: RecognitionListDocument,
    variables: recognitionVariables(search),
    select: (data) => data.recognizedAccounts,
  })
  const [{ data: numbers }, count] = useReading({
    query: RecognitionNumbersDocument,
    requestPolicy: 'cache-and-network',
  })
  const refresh = () => {
    list.refresh()
    count({ requestPolicy: 'network-only' })
  }
  useReconciliationChanges(refresh)

  const setSearch = (change: Partial<RecognitionSearch>) =>
    void navigate({ to: '/reconcile/recognition', search: { ...search, ...change }, replace: true })
  const filtered = Object.keys(search).some((name) => name !== 'states')
  const ids = useMemo(() => list.rows.map((row) => row.id), [list.rows])
  const queue = useMemo(() => ({ ids, onDecided: () => undefined }), [ids])
  const picked = list.rows.filter((row) => isSelected(selection, row.id))
  const fit = picked.filter((row) => row.forecast.refusal === null && !row.isOwn)
  const systems = useSeen(
    'recognition.systems',
    list.rows.flatMap((r) => (r.system ? [[r.system, r.systemName ?? r.system]] : [])),
    search.systems,
  )
  const types = useSeen(
    'recognition.types',
    list.rows.flatMap((r) => (r.resourceType ? [[r.resourceType, r.resourceTypeName ?? r.resourceType]] : [])),
    search.types,
  )
  const mayMany = mayReconcileMany(me)
  const size = selection.all ? selectionCount(selection, amount(list.total ?? 0, list.isEstimate)) : fit.length

  const reset = async (comment: string) => {
    if (selection.all) {
      const problem = await resetAll(toRecognitionFilter(search), comment)
      setAsking(false)
      if (problem) return notifyProblem(problem)
      setSelection(noSelection)
      return notifyDone(t.recognition.begun)
    }
    const { done, failed, problem } = await resetThese(fit, comment)
    setAsking(false)
    setSelection(noSelection)
    if (problem) return notifyProblem(problem)
    const first = failed[0]
    if (first) notifyProblem({ code: first.code, message: `${t.recognition.notDone(failed.length)}: ${first.message}` })
    if (done > 0) notifyDone(t.recognition.done(done))
    refresh()
  }
  const tiles: { search: RecognitionSearch; word: string; count: number | null }[] = [
    { search: {}, word: t.recognition.all, count: numbers?.all.totalCount ?? null },
    { search: { states: ['GUESSED'] }, word: t.recognition.states.GUESSED, count: numbers?.guessed.totalCount ?? null },
    { search: { states: ['NOBODYS'] }, word: t.recognition.states.NOBODYS, count: numbers?.nobodys.totalCount ?? null },
    {
      search: { states: ['AMBIGUOUS'] },
      word: t.recognition.states.AMBIGUOUS,
      count: numbers?.ambiguous.totalCount ?? null,
    },
    {
      search: { states: ['UNRECOGNIZED'] },
      word: t.recognition.states.UNRECOGNIZED,
      count: numbers?.unrecognized.totalCount ?? null,
    },
    { search: { frozen: 'yes' }, word: t.recognition.decided, count: numbers?.frozen.totalCount ?? null },
  ]

  return (
    <>
      <div className={classes.over}>
        <Tiles label={t.recognition.title}>
          {tiles.map((tile) => (
            <Link
              key={tile.word}
              to="/reconcile/recognition"
              search={tile.search}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={tile.word} count={tile.count} />
            </Link>
          ))}
        </Tiles>
      </div>
      <Table
        label={t.recognition.title}
        name="recognition"
        list={{ ...list, refresh }}
        columns={columns}
        getId={rowId}
        empty={{ title: t.recognition.empty, hint: t.recognition.emptyHint }}
        onClear={
          filtered || search.states ? () => void navigate({ to: '/reconcile/recognition', search: {} }) : undefined
        }
        onOpen={(row) =>
          void navigate({
            to: '/reconcile/recognition/$accountId',
            params: { accountId: row.id },
            search,
            replace: accountId !== undefined,
          })
        }
        openId={accountId ?? null}
        selection={mayMany ? selection : undefined}
        onSelection={mayMany ? setSelection : undefined}
        wholeFilter
        isFaint={(row) => row.isOwn || row.orderId !== null}
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
              label={t.recognition.filter}
              any={`${t.recognition.filter}: ${t.common.all}`}
              value={search.frozen}
              options={[
                { value: 'yes', label: t.recognition.frozen },
                { value: 'no', label: t.recognition.free },
              ]}
              onChange={(frozen) => setSearch({ frozen })}
            />
            {filtered && (
              <ClearFilters
                onClick={() => void navigate({ to: '/reconcile/recognition', search: { states: search.states } })}
              />
            )}
          </>
        }
        bulk={
          <Button
            variant="default"
            disabled={!selection.all && (fit.length === 0 || fit.length > mostNamed)}
            onClick={() => setAsking(true)}
          >
            {t.recognition.resetMany}…
          </Button>
        }
      />
      {asking && (
        <ConfirmDialog
          title={t.recognition.askMany(size)}
          action={t.recognition.reset}
          reason={{ label: t.reconcile.comment, max: 2000 }}
          typed={sizeOf(size) > 20 ? { label: t.reconcile.typeCount, word: String(sizeOf(size)) } : undefined}
          text={
            <>
              {selection.all && <p>{t.recognition.manyWhere(size)}</p>}
              {!selection.all && fit.length < picked.length && <p>{t.reconcile.fits(fit.length, picked.length)}</p>}
              <p>{t.recognition.textMany}</p>
            </>
          }
          busy={busy}
          onConfirm={(comment) => void reset(comment)}
          onClose={() => setAsking(false)}
        />
      )}
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </>
  )
}

const rowId = (row: RecognitionRowFragment) => row.id

/** The surest rule that says what is so. */
const ruleOf = (a: RecognitionRowFragment) => a.rules.find((rule) => rule.isCurrent)

const columns: Column<RecognitionRowFragment>[] = [
  {
    id: 'account',
    header: t.recognition.account,
    width: 'minmax(150px, 1.1fr)',
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
    header: t.recognition.what,
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
    id: 'state',
    header: t.common.state,
    width: '160px',
    lasting: true,
    cell: (a) => <Badge {...recognitionLooks[a.state]} />,
    text: (a) => t.recognition.states[a.state],
  },
  {
    id: 'whose',
    header: t.recognition.who,
    width: 'minmax(170px, 1.2fr)',
    lasting: true,
    cell: (a) =>
      a.owner ? (
        <Stack main={a.owner.displayName} sub={a.owner.key} />
      ) : (
        <span className="cut dim">{t.recognition.nobody}</span>
      ),
    text: (a) => a.owner?.displayName ?? '',
    also: [{ header: t.order.ownerKey, text: (a) => a.owner?.key ?? '' }],
  },
  {
    id: 'by',
    header: t.recognition.by,
    width: 'minmax(200px, 1.8fr)',
    noCard: true,
    cell: (a) =>
      a.isFrozen ? (
        <span className="cut">{t.recognition.decided}</span>
      ) : (
        <span data-machine className="cut">
          {ruleOf(a)?.rule ?? t.recognition.noRule}
        </span>
      ),
    text: (a) => (a.isFrozen ? t.recognition.decided : (ruleOf(a)?.rule ?? '')),
  },
  {
    id: 'sure',
    header: t.recognition.sure,
    width: '72px',
    align: 'right',
    noCard: true,
    cell: (a) => {
      const percent = ruleOf(a)?.confidence ?? null
      return percent === null ? null : <span className="num">{t.recognition.percent(percent)}</span>
    },
    text: (a) => String(ruleOf(a)?.confidence ?? ''),
  },
  {
    id: 'since',
    header: t.recognition.since,
    width: '84px',
    align: 'right',
    cell: (a) => <RelativeTime at={a.since} />,
    text: (a) => a.since,
  },
]
