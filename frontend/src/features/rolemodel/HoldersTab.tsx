import { TextInput } from '@mantine/core'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { HolderOrigin } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { formatDay, formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { Table } from '../../ui/Table'
import { RoleHoldersDocument, type HolderRowFragment } from './HoldersTab.generated'
import { holderFilter, type HolderSearch } from './modelSearch'
import { useRole } from './useRole'

const route = getRouteApi('/shell/model/roles/$role')

const why = (h: HolderRowFragment) =>
  h.origin === 'INFERRED' && h.throughDisplayName
    ? t.catalogue.byRole(h.throughDisplayName)
    : t.catalogue.origins[h.origin]

const columns: Column<HolderRowFragment>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(180px, 1.4fr)',
    cell: (h) => <Stack main={h.owner.displayName} />,
    text: (h) => h.owner.displayName,
  },
  {
    id: 'key',
    header: t.common.key,
    width: '100px',
    lasting: true,
    cell: (h) => <span className="mono">{h.owner.key}</span>,
    text: (h) => h.owner.key,
  },
  {
    id: 'why',
    header: t.catalogue.why,
    width: 'minmax(200px, 2fr)',
    cell: (h) => <Stack main={why(h)} sub={h.rules[0]?.sentence} />,
    text: (h) => [why(h), ...h.rules.map((r) => r.sentence)].join('; '),
  },
  {
    id: 'from',
    header: t.catalogue.from,
    width: '120px',
    cell: (h) => (h.startDate ? formatDay(h.startDate) : <span className="dim">{t.catalogue.since}</span>),
    text: (h) => h.startDate ?? '',
  },
  {
    id: 'until',
    header: t.catalogue.until,
    width: '120px',
    cell: (h) => (h.endDate ? formatLastDay(h.endDate) : <span className="dim">{t.common.openEnd}</span>),
    text: (h) => h.endDate ?? '',
  },
]

/** Who holds the role, now or on a day, each once and with why. */
export function HoldersTab() {
  const { role: identifier } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { role } = useRole(identifier, search.kind)
  const list = useConnection({
    document: RoleHoldersDocument,
    variables: { role: role?.id ?? '', filter: holderFilter(search) },
    select: (data) => data.roleHolders,
    pause: !role,
  })
  const setSearch = (change: HolderSearch) =>
    void navigate({
      to: '/model/roles/$role/holders',
      params: { role: identifier },
      search: { ...search, ...change },
      replace: true,
    })
  return (
    <Table
      label={t.catalogue.holders}
      name="holders"
      list={list}
      columns={columns}
      getId={(h) => h.id}
      empty={{ title: t.catalogue.noHolders, hint: t.catalogue.noHoldersHint }}
      onClear={
        search.text || search.origin || search.at
          ? () => setSearch({ text: undefined, origin: undefined, at: undefined })
          : undefined
      }
      onOpen={(h) => void navigate({ to: '/person/$id', params: { id: h.owner.id } })}
      filters={
        <>
          <SearchFilter
            label={t.common.search}
            placeholder={t.common.search}
            value={search.text}
            onChange={(text) => setSearch({ text })}
          />
          <SelectFilter<HolderOrigin>
            label={t.catalogue.why}
            any={`${t.catalogue.why}: ${t.common.any}`}
            value={search.origin}
            options={(Object.keys(t.catalogue.origins) as HolderOrigin[]).map((value) => ({
              value,
              label: t.catalogue.origins[value],
            }))}
            onChange={(origin) => setSearch({ origin })}
          />
          <TextInput
            type="date"
            aria-label={t.catalogue.holdersAt}
            title={t.catalogue.holdersAt}
            value={search.at ?? ''}
            onChange={(event) => setSearch({ at: event.currentTarget.value || undefined })}
          />
        </>
      }
    />
  )
}
