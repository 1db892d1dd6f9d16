import { Button } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useRequestChanges } from '../../graphql/live'
import { mayRequest } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { formatDay, formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ClearFilters, SearchFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { Tabs } from '../../ui/Tabs'
import { MyAccessDocument, type HeldRowFragment } from './desk.generated'
import { heldVariables, heldViews, type HeldSearch } from './deskSearch'
import { HeldDrawer } from './HeldDrawer'
import { heldLooks } from './looks'

const route = getRouteApi('/shell/my-access')

const columns: Column<HeldRowFragment>[] = [
  {
    id: 'what',
    header: t.held.what,
    width: 'minmax(200px, 1.6fr)',
    lasting: true,
    cell: (r) => <Stack main={r.name} sub={r.description || r.category} />,
    text: (r) => r.name,
    also: [{ header: t.common.identifier, text: (r) => r.identifier }],
  },
  {
    id: 'state',
    header: t.common.state,
    width: 'minmax(150px, 0.9fr)',
    lasting: true,
    cell: (r) => {
      const { tone, icon, word, hint } = heldLooks[r.state]
      return <Badge tone={tone} icon={icon} word={word} hint={hint} />
    },
    text: (r) => t.held.state[r.state],
    also: [{ header: t.help.code, text: (r) => r.state }],
  },
  {
    id: 'until',
    header: t.held.until,
    width: '112px',
    align: 'right',
    sort: { up: 'END' },
    cell: (r) => (r.until ? formatLastDay(r.until) : <span className="dim">{t.held.open}</span>),
    text: (r) => r.until ?? '',
  },
  {
    id: 'since',
    header: t.held.since,
    width: '112px',
    align: 'right',
    sort: { down: 'NEWEST' },
    cell: (r) => formatDay(r.since),
    text: (r) => r.since,
  },
  {
    id: 'because',
    header: t.held.because,
    width: 'minmax(130px, 0.8fr)',
    cell: (r) => (
      <Stack main={t.held.by[r.because]} sub={r.asked && r.state !== 'WAITS' ? t.held.asked[r.asked] : undefined} />
    ),
    text: (r) => r.why,
  },
]

/** What one has, since when, until when, and why. */
export function MyAccessPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const set = (change: Partial<HeldSearch>) =>
    void navigate({ to: '/my-access', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: MyAccessDocument,
    variables: heldVariables(search),
    select: (data) => data.myAccess,
  })
  useRequestChanges(list.refresh)
  usePersonChanges(me.resource?.id ?? '', list.refresh, { pause: me.resource == null })
  const view = search.view ?? 'NOW'
  const ask = mayRequest(me) && (
    <Button component={Link} to="/request">
      {t.request.title}
    </Button>
  )
  const opened = list.rows.find((row) => row.id === search.open)
  return (
    <Page
      title={t.held.title}
      hint={t.held.hint}
      actions={ask}
      nav={
        <Tabs label={t.held.view}>
          {heldViews.map((tab) => (
            <Link
              key={tab}
              to="/my-access"
              search={tab === 'NOW' ? {} : { view: tab }}
              aria-current={view === tab ? 'page' : undefined}
              data-status={view === tab ? 'active' : undefined}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {t.held.views[tab]}
            </Link>
          ))}
        </Tabs>
      }
    >
      <Table
        key={view}
        label={t.held.title}
        name="my-access"
        list={list}
        columns={columns}
        getId={(row) => row.id}
        empty={
          view === 'NOW'
            ? { title: t.held.none, hint: t.held.noneHint }
            : { title: t.held.noneView[view], hint: t.held.noneViewHint }
        }
        onClear={search.text === undefined ? undefined : () => set({ text: undefined })}
        onOpen={(row) => set({ open: row.id })}
        openId={search.open ?? null}
        sort={search.sort ?? 'NAME'}
        onSort={(sort) => set({ sort: sort === 'END' || sort === 'NEWEST' ? sort : undefined })}
        isFaint={(row) => row.state === 'ENDED'}
        filters={
          <>
            <SearchFilter
              label={t.held.search}
              placeholder={t.held.search}
              value={search.text}
              onChange={(text) => set({ text })}
            />
            {search.text !== undefined && <ClearFilters onClick={() => set({ text: undefined })} />}
          </>
        }
      />
      {search.open !== undefined && (
        <HeldDrawer held={opened ?? null} fetching={list.loading} onClose={() => set({ open: undefined })} />
      )}
    </Page>
  )
}
