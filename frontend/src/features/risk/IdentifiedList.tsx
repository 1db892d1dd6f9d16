import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { formatPeriod } from '../../lib/format'
import { compact } from '../../lib/search'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { ListAgain } from './listAgain'
import { LevelBadge } from './LevelBadge'
import { ScoreBadge } from './ScoreBadge'
import { IdentifiedRiskListDocument, type IdentifiedRiskRowFragment } from './risk.generated'
import { identifiedVariables, type RiskSearch } from './riskSearch'

const route = getRouteApi('/shell/risks/identified')

/** Who has which risk. */
export function IdentifiedList() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { identified } = useParams({ strict: false })
  const list = useConnection({
    document: IdentifiedRiskListDocument,
    variables: identifiedVariables(search),
    select: (d) => d.identifiedRisks,
  })
  const change = (next: RiskSearch) =>
    void navigate({ to: '/risks/identified', search: compact({ ...search, ...next }), replace: true })
  return (
    <>
      <Table
        label={t.risk.identified}
        name="identified-risks"
        list={list}
        columns={columns}
        getId={(r) => r.id}
        openId={identified ?? null}
        empty={{ title: t.risk.nobody, hint: t.risk.nobodyHint }}
        sort={search.sort ?? 'SCORE_DESC'}
        onSort={(sort) => change({ sort: sort === 'NEWEST' ? sort : undefined })}
        onOpen={(r) =>
          void navigate({
            to: '/risks/identified/$identified',
            params: { identified: r.id },
            search,
            replace: identified !== undefined,
          })
        }
        filters={
          <>
            <SearchFilter
              label={t.risk.searchPeople}
              placeholder={t.risk.searchPeople}
              value={search.text}
              onChange={(value) => change({ text: value || undefined })}
            />
            <SelectFilter
              label={t.risk.origin}
              any={`${t.risk.origin}: ${t.common.any}`}
              value={search.by}
              options={[
                { value: 'rule', label: t.risk.origins.computed },
                { value: 'hand', label: t.risk.origins.attached },
              ]}
              onChange={(by) => change({ by: by as RiskSearch['by'] })}
            />
          </>
        }
      />
      <ListAgain value={list.refresh}>
        <Outlet />
      </ListAgain>
    </>
  )
}

const columns: Column<IdentifiedRiskRowFragment>[] = [
  {
    id: 'who',
    header: t.risk.who,
    width: 'minmax(180px, 1.3fr)',
    cell: (r) => <Stack main={r.owner.displayName} sub={r.owner.key} />,
    text: (r) => r.owner.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.owner.key }],
  },
  {
    id: 'risk',
    header: t.risk.name,
    width: 'minmax(200px, 1.4fr)',
    cell: (r) => (
      <Stack
        main={r.risk.displayName}
        sub={[t.risk.types[r.risk.riskType], r.attachment && t.risk.byHand].filter(Boolean).join(', ')}
      />
    ),
    text: (r) => r.risk.displayName,
  },
  {
    id: 'level',
    header: t.risk.level,
    width: '120px',
    cell: (r) => <LevelBadge level={r.risk.level} />,
    text: (r) => String(r.risk.level),
  },
  {
    id: 'score',
    header: t.risk.score,
    width: '120px',
    sort: { down: 'SCORE_DESC' },
    cell: (r) => r.score !== null && <ScoreBadge score={r.score} />,
    text: (r) => (r.score === null ? '' : String(r.score)),
  },
  {
    id: 'when',
    header: t.risk.when,
    width: 'minmax(140px, 1fr)',
    cell: (r) => <span className="cut">{formatPeriod(r.startDate, r.endDate)}</span>,
    text: (r) => formatPeriod(r.startDate, r.endDate),
  },
  {
    id: 'since',
    header: t.risk.since,
    width: '110px',
    align: 'right',
    sort: { down: 'NEWEST' },
    cell: (r) => <RelativeTime at={r.detectedAt} />,
    text: (r) => r.detectedAt,
  },
]
