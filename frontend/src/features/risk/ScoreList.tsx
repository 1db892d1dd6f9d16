import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter } from '../../ui/Filters'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { RiskScoreListDocument, type RiskScoreRowFragment } from './risk.generated'
import { scoreSorts, scoreVariables, type ScoreSearch } from './riskSearch'
import { ScoreBadge } from './ScoreBadge'

const route = getRouteApi('/shell/risks/scores')

/** How dangerous people are, the most dangerous first. */
export function ScoreList() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { person } = useParams({ strict: false })
  const list = useConnection({
    document: RiskScoreListDocument,
    variables: scoreVariables(search),
    select: (d) => d.riskScores,
  })
  const change = (next: ScoreSearch) =>
    void navigate({
      to: '/risks/scores',
      search: { ...(next.text && { text: next.text }), ...(next.sort && { sort: next.sort }) },
      replace: true,
    })
  return (
    <>
      <Table
        label={t.risk.scores}
        name="risk-scores"
        list={list}
        columns={columns}
        getId={(r) => r.id}
        openId={list.rows.find((r) => r.owner.id === person)?.id ?? null}
        empty={{ title: t.risk.noScores, hint: t.risk.noScoresHint }}
        sort={search.sort ?? 'SCORE_DESC'}
        onSort={(sort) => change({ ...search, sort: scoreSorts.find((s) => s === sort && s !== 'SCORE_DESC') })}
        onOpen={(r) =>
          void navigate({
            to: '/risks/scores/$person',
            params: { person: r.owner.id },
            search,
            replace: person !== undefined,
          })
        }
        filters={
          <SearchFilter
            label={t.risk.searchPeople}
            placeholder={t.risk.searchPeople}
            value={search.text}
            onChange={(text) => change({ ...search, text })}
          />
        }
      />
      <Outlet />
    </>
  )
}

const columns: Column<RiskScoreRowFragment>[] = [
  {
    id: 'who',
    header: t.risk.who,
    width: 'minmax(180px, 1.3fr)',
    cell: (r) => <Stack main={r.owner.displayName} sub={r.owner.key} />,
    text: (r) => r.owner.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.owner.key }],
  },
  {
    id: 'score',
    header: t.risk.score,
    width: '120px',
    sort: { up: 'SCORE_ASC', down: 'SCORE_DESC' },
    cell: (r) => <ScoreBadge score={r.score} />,
    text: (r) => String(r.score),
  },
  {
    id: 'parts',
    header: t.risk.madeOf,
    width: 'minmax(200px, 1.6fr)',
    cell: (r) => <Stack main={r.parts.map((p) => p.name).join(', ')} sub={t.risk.factors[r.factor]} />,
    text: (r) => r.parts.map((p) => `${p.name} (${String(p.level)})`).join(', '),
  },
  {
    id: 'count',
    header: t.risk.list,
    width: '90px',
    align: 'right',
    cell: (r) => <Count value={r.parts.length} />,
    text: (r) => String(r.parts.length),
  },
  {
    id: 'at',
    header: t.risk.computed,
    width: '120px',
    align: 'right',
    sort: { down: 'NEWEST_FIRST' },
    cell: (r) => <RelativeTime at={r.computedAt} />,
    text: (r) => r.computedAt,
  },
]
