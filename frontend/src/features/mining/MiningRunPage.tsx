import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { getRouteApi, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayEditModel } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { isSelected, noSelection, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { EmptyNote } from '../../ui/EmptyNote'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Table } from '../../ui/Table'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { runLooks } from './looks'
import { MatrixView } from './MatrixView'
import classes from './Mining.module.css'
import { MiningChangeDialog } from './MiningChangeDialog'
import type { MiningRunRowFragment } from './MiningPage.generated'
import { MiningProgress } from './MiningProgress'
import {
  MiningResultListDocument,
  MiningRunDetailDocument,
  type MiningResultRowFragment,
} from './MiningRunPage.generated'
import { resultVariables } from './miningSearch'
import { Outcome } from './Outcome'
import { ruleWords, resultSentence } from './phrases'
import { useMiningChanges, useStopMining } from './useMining'

const route = getRouteApi('/shell/model/mining/$run')

/** Below so many assignments there is too little to learn from (role-model 8.1). */
const enough = 2_000

/** One run: what it proposes, to be judged on people. */
export function MiningRunPage() {
  const { run: id } = route.useParams()
  const me = useMe()
  const [{ data, error, fetching }, read] = useReading({
    query: MiningRunDetailDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useMiningChanges(reload)
  const { ask, question } = useStopMining()
  const run = data?.miningRun
  const moving = run?.state === 'QUEUED' || run?.state === 'IN_PROGRESS'
  return (
    <Page
      title={t.mining.run(id)}
      heading={
        run && (
          <>
            {t.mining.run(id)} <Badge {...runLooks[run.state]} spin={moving} />
          </>
        )
      }
      hint={run && t.mining.looked(run.rolesDone, run.rolesTotal)}
      actions={
        moving &&
        mayEditModel(me) && (
          <Button variant="default" onClick={() => ask(id)}>
            {t.mining.stop}
          </Button>
        )
      }
    >
      {run ? (
        <Found run={run} />
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : (
        !fetching && <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
      {question}
    </Page>
  )
}

function Found({ run }: { run: MiningRunRowFragment }) {
  if (run.state === 'FAILED') return <EmptyNote title={t.mining.failed} hint={run.error} />
  if (run.state !== 'COMPLETED')
    return (
      <>
        <div className={classes.head}>
          <MiningProgress run={run} />
        </div>
        {run.state !== 'CANCELLED' && <EmptyNote title={t.mining.notYet} hint={t.mining.notYetHint} />}
      </>
    )
  return (
    <>
      {run.assignments < enough && (
        <p className={classes.legend} role="note">
          {t.mining.tooLittle(run.assignments)}
        </p>
      )}
      <Results run={run.id} />
    </>
  )
}

function Results({ run }: { run: string }) {
  const search = route.useSearch()
  const { result } = route.useParams() as { result?: string }
  const navigate = useNavigate()
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [looking, setLooking] = useState<string[] | 'all' | null>(null)
  const list = useConnection({
    document: MiningResultListDocument,
    variables: resultVariables(run, search),
    select: (data) => data.miningResults,
  })
  const setSearch = (change: Partial<typeof search>) =>
    void navigate({ to: '/model/mining/$run', params: { run }, search: { ...search, ...change }, replace: true })
  const picked = list.rows.filter((row) => isSelected(selection, row.id)).slice(0, 500)
  const chosen = picked.filter((row) => !row.refused)
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const isMatrix = search.view === 'matrix'
  const show = (view: typeof search.view) => setSearch({ view, roles: undefined })
  useKeys([{ key: 'v', label: t.mining.matrix.toggle, run: () => show(isMatrix ? undefined : 'matrix') }])
  const openResult = (id: string) =>
    void navigate({
      to: '/model/mining/$run/$result',
      params: { run, result: id },
      search,
      replace: result !== undefined,
    })
  const all = (
    <Button variant="default" onClick={() => setLooking('all')}>
      {t.mining.changeAll}
    </Button>
  )
  const switchView = (
    <ViewSwitch
      label={t.mining.matrix.view}
      value={isMatrix ? 'matrix' : 'list'}
      options={[
        { value: 'list', label: t.mining.matrix.list },
        { value: 'matrix', label: t.mining.matrix.matrix },
      ]}
      onChange={(view) => show(view === 'matrix' ? view : undefined)}
    />
  )
  return (
    <>
      <p className={classes.legend}>
        <span>
          <i className={classes.right} aria-hidden /> {t.mining.explains}
        </span>
        <span>
          {isMatrix && !phone ? <Ring /> : <i className={classes.given} aria-hidden />} {t.mining.given}
        </span>
        <span>
          {isMatrix && !phone ? <Cross /> : <i className={classes.left} aria-hidden />} {t.mining.left}
        </span>
        {isMatrix && phone && <span>{t.mining.matrix.tooNarrow}</span>}
      </p>
      {isMatrix && !phone ? (
        <MatrixView
          run={run}
          search={search}
          onSearch={setSearch}
          onOpen={openResult}
          onChange={setLooking}
          actions={
            <>
              {all}
              {switchView}
            </>
          }
        />
      ) : (
        <Table
          label={t.mining.results}
          name="mining-results"
          list={list}
          columns={columns}
          getId={(row) => row.id}
          empty={{ title: t.mining.resultsEmpty, hint: t.mining.resultsEmptyHint }}
          selection={selection}
          onSelection={setSelection}
          isFaint={(row) => row.refused !== null}
          openId={result ?? null}
          onOpen={(row) => openResult(row.id)}
          bulk={
            <>
              <Button disabled={chosen.length === 0} onClick={() => setLooking(chosen.map((row) => row.id))}>
                {t.mining.change}
              </Button>
              {!phone && (
                <Button
                  variant="default"
                  disabled={picked.length === 0}
                  onClick={() => setSearch({ view: 'matrix', roles: picked.map((row) => row.id) })}
                >
                  {t.mining.matrix.ofChosen}
                </Button>
              )}
            </>
          }
          filters={
            <>
              <SearchFilter
                label={t.mining.search}
                placeholder={t.mining.search}
                value={search.text}
                onChange={(text) => setSearch({ text })}
              />
              <SelectFilter
                label={t.mining.which}
                any={`${t.mining.which}: ${t.common.any}`}
                value={search.which}
                options={[
                  { value: 'proposed', label: t.mining.proposed },
                  { value: 'nothing', label: t.mining.nothing },
                ]}
                onChange={(which) => setSearch({ which: which as typeof search.which })}
              />
              {all}
              {!phone && switchView}
            </>
          }
        />
      )}
      <Outlet />
      {looking && (
        <MiningChangeDialog run={run} results={looking === 'all' ? null : looking} onClose={() => setLooking(null)} />
      )}
    </>
  )
}

/** How the drawing shows who would be given a role. */
const Ring = () => (
  <svg viewBox="0 0 12 12" aria-hidden>
    <circle cx="6" cy="6" r="4.5" fill="none" stroke="var(--tone-amber-solid)" strokeWidth="2" />
  </svg>
)

/** How it shows who stays unexplained. */
const Cross = () => (
  <svg viewBox="0 0 12 12" aria-hidden>
    <path d="M2 2l8 8M10 2l-8 8" stroke="var(--w-text)" strokeWidth="2" />
  </svg>
)

const columns: Column<MiningResultRowFragment>[] = [
  {
    id: 'role',
    header: t.mining.role,
    width: 'minmax(160px, 1fr)',
    cell: (r) => <Stack main={r.role.displayName} sub={r.rule ? t.mining.by(r.rule) : t.mining.byGone} />,
    text: (r) => r.role.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.role.identifier }],
  },
  {
    id: 'rule',
    header: t.mining.rule,
    width: 'minmax(220px, 1.6fr)',
    cell: (r) =>
      r.proposals[0] ? (
        <Stack
          main={ruleWords(r.proposals[0])}
          sub={r.proposals.length > 1 ? t.mining.more(r.proposals.length - 1) : undefined}
        />
      ) : (
        <span className="dim cut">{resultSentence(r)}</span>
      ),
    text: (r) => r.proposals.map(ruleWords).join('; '),
  },
  {
    id: 'outcome',
    header: t.mining.outcome,
    width: 'minmax(120px, 1fr)',
    noCard: true,
    cell: (r) => <Outcome of={r} />,
    text: resultSentence,
  },
  {
    id: 'right',
    header: t.mining.explains,
    width: '110px',
    align: 'right',
    cell: (r) => <span className="num">{t.mining.of(r.rightly, r.holders)}</span>,
    text: (r) => `${r.rightly}/${r.holders}`,
  },
  {
    id: 'given',
    header: t.mining.given,
    width: '110px',
    align: 'right',
    cell: (r) => <Count value={r.wrongly} />,
    text: (r) => String(r.wrongly),
  },
  {
    id: 'precision',
    header: t.mining.precision,
    width: '110px',
    align: 'right',
    noCard: true,
    cell: (r) => <span className="num">{t.mining.percent(r.precision)}</span>,
    text: (r) => r.precision.toFixed(2),
  },
]
