import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMemo, useState, type ReactNode } from 'react'
import { maySeePeople } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import type { MiningMatrixFilter } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { cellOf, nextWrong, type At } from './matrix'
import classes from './Mining.module.css'
import { MatrixGrid } from './MatrixGrid'
import { MiningMatrixDocument, type MatrixRowFragment } from './MiningMatrix.generated'
import type { MiningResultRowFragment } from './MiningRunPage.generated'
import type { MiningSearch } from './miningSearch'
import { ruleWords } from './phrases'

/** So many people are drawn at once. */
const people = 2_000

/** A run as people and roles: blocks are what rules explain, what stands alone is what they get wrong. */
export function MatrixView(props: {
  run: string
  search: MiningSearch
  onSearch: (change: Partial<MiningSearch>) => void
  onOpen: (result: string) => void
  onChange: (results: string[]) => void
  actions: ReactNode
}) {
  const { run, search, onSearch } = props
  // Where the pages before this one ended.
  const [ends, setEnds] = useState<string[]>([])
  const filter: MiningMatrixFilter = {
    resultIds: search.roles,
    hasProposal: search.which && search.which === 'proposed',
    place: search.place ? placeOf(search.place) : undefined,
  }
  const [{ data, error, fetching }, read] = useReading({
    query: MiningMatrixDocument,
    variables: { runId: run, filter, people, after: ends.at(-1) ?? null },
  })
  const matrix = data?.miningMatrix
  const places = usePlaces(matrix?.roles)
  const narrow = (change: Partial<MiningSearch>) => {
    setEnds([])
    onSearch(change)
  }
  return (
    <>
      <div className={classes.tools}>
        <SelectFilter
          label={t.mining.which}
          any={`${t.mining.which}: ${t.common.any}`}
          value={search.which}
          options={[
            { value: 'proposed', label: t.mining.proposed },
            { value: 'nothing', label: t.mining.nothing },
          ]}
          onChange={(which) => narrow({ which: which as MiningSearch['which'] })}
        />
        <SelectFilter
          label={t.mining.matrix.place}
          any={`${t.mining.matrix.place}: ${t.common.any}`}
          value={search.place}
          options={
            search.place && !places.some((p) => p.value === search.place) ? [...places, asOption(search.place)] : places
          }
          onChange={(place) => narrow({ place })}
        />
        {search.roles && (
          <Button variant="default" onClick={() => narrow({ roles: undefined })}>
            {t.mining.matrix.chosenRoles(search.roles.length)}
          </Button>
        )}
        {props.actions}
      </div>
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : !matrix ? (
        fetching ? (
          <Skeleton lines={12} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
        )
      ) : matrix.rows.length === 0 ? (
        <EmptyNote title={t.mining.matrix.empty} hint={t.mining.matrix.emptyHint} />
      ) : (
        <Drawn
          key={JSON.stringify([filter, ends])}
          roles={matrix.roles}
          rows={matrix.rows}
          onOpen={props.onOpen}
          onChange={props.onChange}
        />
      )}
      {matrix && matrix.rows.length > 0 && (
        <div className={classes.foot}>
          <span className="dim">
            {t.mining.matrix.shown(ends.length * people, matrix.rows.length, matrix.totalCount, matrix.roles.length)}
            {matrix.rolesLeftOut > 0 && ` ${t.mining.matrix.leftOut(matrix.rolesLeftOut)}`}
          </span>
          {ends.length > 0 && (
            <Button variant="default" size="compact-sm" onClick={() => setEnds(ends.slice(0, -1))}>
              {t.mining.matrix.back}
            </Button>
          )}
          {matrix.pageInfo.hasNextPage && matrix.pageInfo.endCursor && (
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => setEnds([...ends, matrix.pageInfo.endCursor ?? ''])}
            >
              {t.mining.matrix.next}
            </Button>
          )}
        </div>
      )}
    </>
  )
}

function Drawn(props: {
  roles: MiningResultRowFragment[]
  rows: MatrixRowFragment[]
  onOpen: (result: string) => void
  onChange: (results: string[]) => void
}) {
  const { roles, rows } = props
  const [at, setAt] = useState<At | null>(null)
  const find = (step: 1 | -1) => setAt((old) => nextWrong(rows, roles.length, old, step) ?? old)
  useKeys([
    { key: ']', label: t.mining.matrix.nextWrong, run: () => find(1) },
    { key: '[', label: t.mining.matrix.lastWrong, run: () => find(-1) },
  ])
  const open = (place: At) => {
    const role = roles[place.column]
    if (role) props.onOpen(role.id)
  }
  return (
    <>
      <Chosen at={at} roles={roles} rows={rows} onOpen={open} onChange={props.onChange} />
      <MatrixGrid roles={roles.map((r) => r.role)} rows={rows} at={at} onAt={setAt} onOpen={open} />
    </>
  )
}

/** What the cell says that the keys are on. */
function Chosen(props: {
  at: At | null
  roles: MiningResultRowFragment[]
  rows: MatrixRowFragment[]
  onOpen: (at: At) => void
  onChange: (results: string[]) => void
}) {
  const { at, roles, rows } = props
  const me = useMe()
  const person = at && rows[at.row]?.person
  const result = at && roles[at.column]
  const cell = at && cellOf(rows, at)
  return (
    <div className={classes.chosen}>
      <p role="status">
        {person && result ? (
          <>
            <strong>{person.displayName}</strong> {person.key}, <strong>{result.role.displayName}</strong>:{' '}
            {t.mining.matrix.cells[cell ?? 'none']}
          </>
        ) : (
          <span className="dim">{t.mining.matrix.hint}</span>
        )}
      </p>
      {person && result && (
        <>
          <span className="dim cut">
            {result.proposals[0] ? ruleWords(result.proposals[0]) : result.refused && t.mining.refusals[result.refused]}
          </span>
          <span className={classes.buttons}>
            {maySeePeople(me) && (
              <Link to="/person/$id" params={{ id: person.id }} className="underlined">
                {t.mining.matrix.person}
              </Link>
            )}
            <Button variant="default" size="compact-sm" onClick={() => props.onOpen(at)}>
              {t.mining.role}
            </Button>
            {!result.refused && (
              <Button size="compact-sm" onClick={() => props.onChange([result.id])}>
                {t.mining.change}
              </Button>
            )}
          </span>
        </>
      )}
    </div>
  )
}

/** A place as the address has it: dimension, key, and whether what is below counts. */
const placeText = (c: { dimension: string; key: string; inherit: boolean }) =>
  JSON.stringify([c.dimension, c.key, c.inherit])

function placeOf(text: string): MiningMatrixFilter['place'] {
  try {
    const [dimension, key, inherit] = JSON.parse(text) as unknown[]
    if (typeof dimension === 'string' && typeof key === 'string') return { dimension, key, inherit: inherit === true }
  } catch {
    // not one of ours: everywhere
  }
  return undefined
}

const asOption = (value: string) => ({ value, label: placeOf(value)?.key ?? value })

/** Where people can be who are told apart by what is proposed. */
function usePlaces(roles: MiningResultRowFragment[] | undefined) {
  return useMemo(() => {
    const found = new Map<string, string>()
    for (const role of roles ?? [])
      for (const proposal of role.proposals)
        for (const criterion of proposal.criteria) found.set(placeText(criterion), ruleWords({ criteria: [criterion] }))
    return [...found].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label))
  }, [roles])
}
