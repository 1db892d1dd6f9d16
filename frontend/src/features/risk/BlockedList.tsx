import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter } from '../../ui/Filters'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { LevelBadge } from './LevelBadge'
import { RiskBlockListDocument, type RiskBlockRowFragment } from './risk.generated'
import { blockedVariables } from './riskSearch'

const route = getRouteApi('/shell/risks/blocked')

/** What risks keep back from whom. A row leads to the permissions of the person, where the advanced view says why. */
export function BlockedList() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const list = useConnection({
    document: RiskBlockListDocument,
    variables: blockedVariables(search),
    select: (d) => d.riskBlocks,
  })
  return (
    <Table
      label={t.risk.blocked}
      name="risk-blocks"
      list={list}
      columns={columns}
      getId={(r) => r.id}
      openId={null}
      empty={{ title: t.risk.nothingBlocked, hint: t.risk.nothingBlockedHint }}
      onOpen={(r) => void navigate({ to: '/person/$id', params: { id: r.owner.id }, search: { view: 'advanced' } })}
      filters={
        <SearchFilter
          label={t.risk.searchPeople}
          placeholder={t.risk.searchPeople}
          value={search.text}
          onChange={(value) =>
            void navigate({
              to: '/risks/blocked',
              search: { ...(value && { text: value }), ...(search.risk && { risk: search.risk }) },
              replace: true,
            })
          }
        />
      }
    />
  )
}

/** What is kept back: a role, or a value of an account. */
const whatOf = (r: RiskBlockRowFragment) =>
  r.roleDisplayName ?? t.risk.value(r.resourceTypeDisplayName ?? '', r.propertyDisplayName ?? '')

const partsOf = (r: RiskBlockRowFragment) =>
  r.contributors
    .map((c) => t.risk.item(c.resourceTypeDisplayName, c.propertyDisplayName, c.value?.displayName ?? t.risk.any))
    .join('; ')

const columns: Column<RiskBlockRowFragment>[] = [
  {
    id: 'who',
    header: t.risk.who,
    width: 'minmax(160px, 1fr)',
    cell: (r) => <Stack main={r.owner.displayName} sub={r.owner.key} />,
    text: (r) => r.owner.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.owner.key }],
  },
  { id: 'what', header: t.risk.what, width: 'minmax(140px, 1fr)', cell: whatOf, text: whatOf },
  {
    id: 'risk',
    header: t.risk.name,
    width: 'minmax(180px, 1.2fr)',
    cell: (r) => <Stack main={r.risk.displayName} sub={t.risk.types[r.risk.riskType]} />,
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
    id: 'with',
    header: t.risk.with,
    width: 'minmax(220px, 2fr)',
    cell: (r) => (
      <span className="cut" title={partsOf(r)}>
        {partsOf(r)}
      </span>
    ),
    text: partsOf,
  },
  {
    id: 'since',
    header: t.risk.since,
    width: '110px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.blockedAt} />,
    text: (r) => r.blockedAt,
  },
]
