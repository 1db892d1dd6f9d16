import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useRequestChanges } from '../../graphql/live'
import type { RequestAction } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import type { Column } from '../../ui/column'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { Table } from '../../ui/Table'
import { isTaken, type Basket } from './basket'
import { actionIcons, asksOf, kindIcons, statusLooks } from './looks'
import classes from './Request.module.css'
import {
  RequestCatalogueDocument,
  RequestCategoriesDocument,
  type CatalogueRowFragment,
  type RequestRefFragment,
} from './request.generated'
import { countCatalogueFilters, statusList, toCatalogueFilter, type RequestSearch } from './requestSearch'

/** What can be asked for, for one person, and what he has of it. */
export function CatalogueList(props: {
  person: RequestRefFragment
  basket: Basket
  search: RequestSearch
  onSearch: (change: Partial<RequestSearch>) => void
  onTake: (row: CatalogueRowFragment, action: RequestAction) => void
}) {
  const { person, basket, search, onSearch, onTake } = props
  const list = useConnection({
    document: RequestCatalogueDocument,
    variables: { ownerId: person.id, filter: toCatalogueFilter(search) },
    select: (data) => data.requestCatalogue,
  })
  useRequestChanges(list.refresh)
  const [{ data: named }] = useReading({ query: RequestCategoriesDocument, variables: { ownerId: person.id } })
  const categories = useMemo(
    () => [...new Set((named?.requestCatalogue.nodes ?? []).flatMap((e) => e.category ?? []))].toSorted(),
    [named],
  )
  const columns = useMemo(() => catalogueColumns(basket, person, onTake), [basket, person, onTake])
  const clear = () => onSearch({ text: undefined, category: undefined, statuses: undefined })
  const isFiltered = countCatalogueFilters(search) > 0
  return (
    <Table
      label={t.request.catalogue}
      name="request-catalogue"
      list={list}
      columns={columns}
      getId={(row: CatalogueRowFragment) => row.id}
      empty={{ title: t.request.emptyCatalogue, hint: t.request.emptyCatalogueHint }}
      onClear={isFiltered ? clear : undefined}
      onOpen={(row) => {
        const [action] = asksOf(row)
        if (action === 'ADD') onTake(row, action)
      }}
      filters={
        <>
          <SearchFilter
            label={t.request.search}
            placeholder={t.request.search}
            value={search.text}
            onChange={(text) => onSearch({ text })}
          />
          {basket.people.length > 1 && (
            <SelectFilter
              label={t.request.forWhom}
              isSet
              value={person.id}
              options={basket.people.map((p) => ({ value: p.id, label: t.request.shownFor(p.displayName) }))}
              onChange={(shown) => onSearch({ shown })}
            />
          )}
          {categories.length > 1 && (
            <SelectFilter
              label={t.request.category}
              any={t.request.anyCategory}
              value={search.category}
              options={categories.map((value) => ({ value, label: value }))}
              onChange={(category) => onSearch({ category })}
            />
          )}
          <ManyFilter
            label={t.request.statusFilter}
            values={search.statuses}
            options={statusList.map((value) => ({ value, label: t.request.status[value] }))}
            onChange={(statuses) => onSearch({ statuses })}
          />
          {isFiltered && <ClearFilters onClick={clear} />}
        </>
      }
    />
  )
}

function catalogueColumns(
  basket: Basket,
  person: RequestRefFragment,
  onTake: (row: CatalogueRowFragment, action: RequestAction) => void,
): Column<CatalogueRowFragment>[] {
  return [
    {
      id: 'name',
      header: t.common.name,
      width: 'minmax(200px, 3fr)',
      cell: (e) => {
        const Glyph = kindIcons[e.kind]
        return (
          <span className={classes.entry} title={e.description || undefined}>
            <Glyph size={15} stroke={1.7} role="img" aria-label={t.request.roleKind[e.kind]} className="dim" />
            <span className="cut">
              <span className={classes.entryName}>{e.name}</span>
              {e.description && <span className="dim"> {e.description}</span>}
            </span>
          </span>
        )
      },
      text: (e) => e.name,
      also: [{ header: t.common.identifier, text: (e) => e.role }],
    },
    {
      id: 'category',
      header: t.request.category,
      width: 'minmax(110px, 1fr)',
      cell: (e) => <span className="cut dim">{e.category}</span>,
      text: (e) => e.category ?? '',
    },
    {
      id: 'levels',
      header: t.request.approvals,
      width: '96px',
      cell: (e) => <span className="dim">{t.request.levels(e.levels)}</span>,
      text: (e) => String(e.levels),
    },
    {
      id: 'status',
      header: t.request.statusFilter,
      width: '130px',
      lasting: true,
      cell: (e) => {
        const { tone, icon, word, hint } = statusLooks[e.status]
        return e.status === 'CAN_BE_REQUESTED' ? null : <Badge tone={tone} icon={icon} word={word} hint={hint} />
      },
      text: (e) => t.request.status[e.status],
    },
    {
      id: 'ask',
      header: t.request.nav,
      width: '126px',
      lasting: true,
      align: 'right',
      cell: (e) =>
        isTaken(basket, e.role, e.kind, person.id) ? (
          <span className={classes.taken}>
            <IconCheck size={14} aria-hidden /> {t.request.inBasket}
          </span>
        ) : (
          asksOf(e).map((action, _at, { length }) => {
            const Glyph = actionIcons[action]
            return length > 1 ? (
              <Tooltip key={action} label={t.request.addTo[action]}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t.request.addNamed[action](e.name)}
                  onClick={() => onTake(e, action)}
                >
                  <Glyph size={16} />
                </ActionIcon>
              </Tooltip>
            ) : (
              <Button
                key={action}
                size="compact-sm"
                variant={action === 'ADD' ? 'light' : 'subtle'}
                color={action === 'ADD' ? undefined : 'gray'}
                aria-label={t.request.addNamed[action](e.name)}
                onClick={() => onTake(e, action)}
              >
                {t.request.addTo[action]}
              </Button>
            )
          })
        ),
    },
  ]
}
