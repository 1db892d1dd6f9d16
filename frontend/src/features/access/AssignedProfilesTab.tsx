import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { AssignedProfilesDocument, type AssignedProfileRowFragment } from './AssignedProfilesTab.generated'
import { useProfileNames } from './useProfileNames'

const route = getRouteApi('/shell/access/')

const columns: Column<AssignedProfileRowFragment>[] = [
  {
    id: 'user',
    header: t.access.user,
    width: 'minmax(180px, 1.4fr)',
    cell: (r) => <Stack main={r.userDisplayName} sub={r.username} />,
    text: (r) => r.username,
  },
  {
    id: 'profile',
    header: t.access.profile,
    width: 'minmax(150px, 1fr)',
    cell: (r) => (
      <>
        <span className="cut">{r.profile.displayName}</span>
        {r.isDenied && <span style={{ color: 'var(--tone-red-text)' }}>{t.access.denied}</span>}
      </>
    ),
    text: (r) => r.profile.displayName,
  },
  {
    id: 'scope',
    header: t.access.scope,
    width: 'minmax(160px, 1.4fr)',
    cell: (r) => <span className="cut">{scopeWords(r.context)}</span>,
    text: (r) => scopeWords(r.context),
  },
  {
    id: 'dates',
    header: t.access.dates,
    width: '190px',
    cell: (r) => <span className="num dim">{formatPeriod(r.startDate, r.endDate)}</span>,
    text: (row) => formatPeriod(row.startDate, row.endDate),
  },
  {
    id: 'email',
    header: t.access.email,
    width: 'minmax(140px, 1fr)',
    noCard: true,
    cell: (r) =>
      r.email ? <span className="cut">{r.email}</span> : <span className="dim cut">{t.access.ownMail}</span>,
    text: (r) => r.email ?? '',
  },
]

/** Who has which profile, where and when. */
export function AssignedProfilesTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const profiles = useProfileNames()
  const list = useConnection({
    document: AssignedProfilesDocument,
    variables: { profile: search.profile, text: search.text },
    select: (d) => d.assignedProfiles,
  })
  // A column that nobody fills is left out.
  const hasDates = list.rows.some((row) => row.startDate || row.endDate)
  const shown = useMemo(() => columns.filter(({ id }) => id !== 'dates' || hasDates), [hasDates])
  const setSearch = (change: typeof search) =>
    void navigate({ to: '/access', search: { ...search, ...change }, replace: true })
  return (
    <Table
      label={t.access.assigned}
      name="assigned-profiles"
      list={list}
      columns={shown}
      getId={rowId}
      empty={{ title: t.access.empty, hint: t.access.emptyHint }}
      filters={
        <>
          <SearchFilter
            label={t.access.searchUser}
            placeholder={t.access.searchUser}
            value={search.text}
            onChange={(text) => setSearch({ text })}
          />
          <SelectFilter
            label={t.access.profile}
            any={t.access.allProfiles}
            value={search.profile}
            options={profiles}
            onChange={(profile) => setSearch({ profile })}
          />
        </>
      }
    />
  )
}

const rowId = (row: AssignedProfileRowFragment) => row.id

function scopeWords(context: AssignedProfileRowFragment['context']): string {
  return context.map(({ dimension, key }) => `${dimension} = ${key}`).join(', ') || t.access.everything
}
