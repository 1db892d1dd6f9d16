import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { SearchFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { ResourceTypeListDocument, type ResourceTypeRowFragment } from './rolemodel.generated'
import { KindName } from '../../graphql/KindName'
import { useConnection } from '../../graphql/useConnection'
import { typeVariables } from './modelSearch'

const route = getRouteApi('/shell/model/resource-types')

const columns: Column<ResourceTypeRowFragment>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(200px, 1.6fr)',
    cell: (r) => <Stack main={r.displayName} />,
    text: (r) => r.displayName,
    also: [{ header: t.common.identifier, text: (r) => r.identifier }],
  },
  {
    id: 'source',
    header: `${t.model.source} → ${t.model.target}`,
    width: 'minmax(200px, 1.5fr)',
    cell: (r) => (
      <span className="cut">
        <KindName of={r.sourceEntityType} /> → <KindName of={r.targetEntityType} />
      </span>
    ),
    text: (r) => `${r.sourceEntityType} -> ${r.targetEntityType}`,
  },
  {
    id: 'system',
    header: t.common.system,
    width: 'minmax(110px, 1fr)',
    cell: (r) => <span className="cut">{r.connector?.displayName ?? ''}</span>,
    text: (r) => r.connector?.displayName ?? '',
  },
  {
    id: 'review',
    header: t.model.review,
    width: '110px',
    cell: (r) => (r.blockProvisioning ? t.model.reviewRequired : <span className="dim">{t.model.reviewNone}</span>),
    text: (r) => (r.blockProvisioning ? t.model.reviewRequired : t.model.reviewNone),
  },
  {
    id: 'fulfilment',
    header: t.model.fulfilment,
    width: '120px',
    cell: (r) => (r.isManual ? t.model.byHand : t.model.automated),
    text: (r) => (r.isManual ? t.model.byHand : t.model.automated),
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

/** Resource types with their rules; read only. */
export function ResourceTypeListPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { resourceType } = useParams({ strict: false })
  const list = useConnection({
    document: ResourceTypeListDocument,
    variables: typeVariables(search),
    select: (data) => data.resourceTypesPage,
  })
  return (
    <Page title={t.model.types} hint={t.model.typesHint}>
      <Table
        label={t.model.types}
        name="resource-types"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.model.empty, hint: t.model.emptyHint }}
        openId={list.rows.find((r) => r.identifier === resourceType)?.id ?? null}
        onOpen={(row) =>
          void navigate({
            to: '/model/resource-types/$resourceType',
            params: { resourceType: row.identifier },
            search,
            replace: resourceType !== undefined,
          })
        }
        filters={
          <SearchFilter
            label={t.model.search}
            placeholder={t.model.search}
            value={search.text}
            onChange={(value) =>
              void navigate({ to: '/model/resource-types', search: value ? { text: value } : {}, replace: true })
            }
          />
        }
      />
      <Outlet />
    </Page>
  )
}

const rowId = (row: ResourceTypeRowFragment) => row.id
