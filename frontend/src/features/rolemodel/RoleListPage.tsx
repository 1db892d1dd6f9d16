import { Button, Menu } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconChevronDown, IconPlus } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { useKeys } from '../../ui/keys'
import { Table } from '../../ui/Table'
import { KindName } from '../../graphql/KindName'
import { mayEditModel, maySeeHolders } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { RoleKind } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { CategoryTree } from './CategoryTree'
import classes from './CategoryTree.module.css'
import { RoleListDocument, type RoleRowFragment } from './rolemodel.generated'
import { roleVariables, type ModelSearch, type YesNo } from './modelSearch'

const route = getRouteApi('/shell/model/roles')

const approvals = (r: RoleRowFragment) => t.catalogue.approvalWords[r.settings.approvalWorkflowType] ?? ''

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
    id: 'holders',
    header: t.catalogue.holders,
    width: '90px',
    align: 'right',
    cell: (r) =>
      r.holders && (
        <span className={r.holders.total === 0 ? 'num dim' : 'num'}>
          {t.catalogue.holderCount(r.holders.total, r.holders.isMore)}
        </span>
      ),
    text: (r) => (r.holders ? `${r.holders.total}${r.holders.isMore ? '+' : ''}` : ''),
  },
  {
    id: 'approvals',
    header: t.catalogue.approvals,
    width: 'minmax(90px, 0.8fr)',
    cell: (r) => <span className="cut">{approvals(r)}</span>,
    text: approvals,
  },
  {
    id: 'for',
    header: t.model.entityType,
    width: 'minmax(100px, 0.8fr)',
    noCard: true,
    cell: (r) => (
      <span className="cut">
        <KindName of={r.entityType} />
      </span>
    ),
    text: (r) => r.entityType,
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

/** The role catalogue: categories as a tree, beside it what stands in the chosen one. */
export function RoleListPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const withHolders = maySeeHolders(me)
  const list = useConnection({
    document: RoleListDocument,
    variables: roleVariables(search, withHolders),
    select: (data) => data.rolesPage,
  })
  const setSearch = (change: ModelSearch) =>
    void navigate({ to: '/model/roles', search: { ...search, ...change }, replace: true })
  const make = (kind: string) =>
    void navigate({
      to: '/model/new/$kind',
      params: { kind },
      search: search.category ? { category: search.category } : {},
    })
  useKeys(mayEditModel(me) ? [{ key: 'n', label: t.catalogue.newRole, run: () => make('singleRole') }] : [])
  const tree = <CategoryTree chosen={search.category} onChoose={(category) => setSearch({ category })} />
  const filtered = Object.values(search).some((v) => v !== undefined)
  return (
    <Page
      title={t.catalogue.title}
      hint={t.catalogue.hint}
      actions={
        mayEditModel(me) && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button
                leftSection={<IconPlus size={14} aria-hidden />}
                rightSection={<IconChevronDown size={13} aria-hidden />}
              >
                {t.catalogue.newRole}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => make('singleRole')}>{t.catalogue.newSingle}</Menu.Item>
              <Menu.Item onClick={() => make('compositeRole')}>{t.catalogue.newComposite}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )
      }
    >
      <div className={classes.sides}>
        <div className={classes.side}>
          {narrow ? (
            <details className={classes.folded}>
              <summary>{t.catalogue.categories}</summary>
              {tree}
            </details>
          ) : (
            tree
          )}
        </div>
        <div className={classes.main}>
          <Table
            label={t.catalogue.title}
            name="roles"
            list={list}
            columns={withHolders ? columns : columns.filter((c) => c.id !== 'holders')}
            getId={rowId}
            empty={{ title: t.catalogue.empty, hint: t.catalogue.emptyHint }}
            onClear={filtered ? () => void navigate({ to: '/model/roles', search: {}, replace: true }) : undefined}
            onOpen={(row) =>
              void navigate({
                to: '/model/roles/$role',
                params: { role: row.identifier },
                search: { kind: row.kind },
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
                <SelectFilter<YesNo>
                  label={t.catalogue.requestable.label}
                  any={`${t.catalogue.requestable.label}: ${t.common.any}`}
                  value={search.requestable}
                  options={[
                    { value: 'yes', label: t.catalogue.requestable.yes },
                    { value: 'no', label: t.catalogue.requestable.no },
                  ]}
                  onChange={(requestable) => setSearch({ requestable })}
                />
                <SelectFilter<YesNo>
                  label={t.catalogue.owned.label}
                  any={`${t.catalogue.owned.label}: ${t.common.any}`}
                  value={search.owner}
                  options={[
                    { value: 'yes', label: t.catalogue.owned.yes },
                    { value: 'no', label: t.catalogue.owned.no },
                  ]}
                  onChange={(owner) => setSearch({ owner })}
                />
                {withHolders && (
                  <SelectFilter<YesNo>
                    label={t.catalogue.held.label}
                    any={`${t.catalogue.held.label}: ${t.common.any}`}
                    value={search.held}
                    options={[
                      { value: 'yes', label: t.catalogue.held.yes },
                      { value: 'no', label: t.catalogue.held.no },
                    ]}
                    onChange={(held) => setSearch({ held })}
                  />
                )}
              </>
            }
          />
        </div>
      </div>
    </Page>
  )
}

const rowId = (row: RoleRowFragment) => row.id
