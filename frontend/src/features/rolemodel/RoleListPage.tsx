import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import type { RoleKind } from '../../graphql/types.generated'
import { RoleListDocument, type RoleRowFragment } from './rolemodel.generated'
import { KindName } from '../../graphql/KindName'
import { useConnection } from '../../graphql/useConnection'
import { roleVariables } from './modelSearch'

const route = getRouteApi('/shell/model/roles')

const columns: Column<RoleRowFragment>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(200px, 1.6fr)',
    cell: (r) => <Stack main={r.displayName} />,
    text: (r) => r.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.identifier }],
  },
  { id: 'kind', header: t.model.kind, width: '100px', cell: (r) => t.model.kinds[r.kind], text: (r) => r.kind },
  {
    id: 'category',
    header: t.model.category,
    width: 'minmax(120px, 1fr)',
    cell: (r) => <span className="cut">{r.category?.displayName ?? ''}</span>,
    text: (r) => r.category?.displayName ?? '',
  },
  {
    id: 'owner',
    header: t.model.owner,
    width: 'minmax(120px, 1fr)',
    cell: (r) => <span className="cut">{r.owner?.displayName ?? ''}</span>,
    text: (r) => r.owner?.displayName ?? '',
  },
  {
    id: 'for',
    header: t.model.entityType,
    width: 'minmax(120px, 1fr)',
    cell: (r) => (
      <span className="cut">
        <KindName of={r.entityType} />
      </span>
    ),
    text: (r) => r.entityType,
  },
  {
    id: 'policy',
    header: t.model.policy,
    width: 'minmax(100px, 1fr)',
    noCard: true,
    cell: (r) => <span className="cut">{r.policy}</span>,
    text: (r) => r.policy,
  },
  {
    id: 'rules',
    header: t.model.rules,
    width: '70px',
    align: 'right',
    cell: (r) => <Count value={r.rules?.length ?? 0} />,
    text: (r) => String(r.rules?.length ?? 0),
  },
]

/** Single and composite roles with their rules; read only. */
export function RoleListPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { role } = useParams({ strict: false })
  const list = useConnection({
    document: RoleListDocument,
    variables: roleVariables(search),
    select: (data) => data.rolesPage,
  })
  const setSearch = (change: typeof search) =>
    void navigate({ to: '/model/roles', search: { ...search, ...change }, replace: true })
  return (
    <Page title={t.model.roles} hint={t.model.rolesHint}>
      <Table
        label={t.model.roles}
        name="roles"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.model.empty, hint: t.model.emptyHint }}
        openId={list.rows.find((r) => r.identifier === role)?.id ?? null}
        onOpen={(row) =>
          void navigate({
            to: '/model/roles/$role',
            params: { role: row.identifier },
            search,
            replace: role !== undefined,
          })
        }
        filters={
          <>
            <SearchFilter
              label={t.model.search}
              placeholder={t.model.search}
              value={search.text}
              onChange={(value) => setSearch({ text: value })}
            />
            <SelectFilter
              label={t.model.kind}
              any={`${t.model.kind}: ${t.common.any}`}
              value={search.kind}
              options={Object.entries(t.model.kinds).map(([value, label]) => ({ value, label }))}
              onChange={(kind) => setSearch({ kind: kind as RoleKind | undefined })}
            />
          </>
        }
      />
      <Outlet />
    </Page>
  )
}

const rowId = (row: RoleRowFragment) => row.id
