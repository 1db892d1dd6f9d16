import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { getRouteApi, Link, Navigate, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayChangeMany, mayRequestMany } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import type { StartBulkChangeInput } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { useStartBulk } from '../../graphql/useStartBulk'
import { isSelected, noSelection, selectionCount, type Selection } from '../../lib/selection'
import { t } from '../../lib/texts'
import { amount } from '../../lib/texts/plural'
import { notifyProblem } from '../../ui/notify'
import { ClearFilters, SearchFilter } from '../../ui/Filters'
import { EmptyNote } from '../../ui/EmptyNote'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { Tile, Tiles } from '../../ui/Tiles'
import { PersonListDocument, type PersonRowFragment } from './PersonListPage.generated'
import { EntityTypesDocument } from './entityTypes.generated'
import { AddPersonForm } from './AddPersonForm'
import { AskManyDialog } from './AskManyDialog'
import { recordKinds } from './record'
import { SetValueDialog } from './SetValueDialog'
import { personListVariables, type PersonListSearch } from './personSearch'

const route = getRouteApi('/shell/people/$entityType')

const columns: Column<PersonRowFragment>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(180px, 1.4fr)',
    cell: (r) => <Stack main={r.displayName} />,
    text: (r) => r.displayName,
    sort: { up: 'DISPLAY_NAME_ASC', down: 'DISPLAY_NAME_DESC' },
  },
  {
    id: 'key',
    header: t.common.key,
    width: 'minmax(110px, 0.8fr)',
    cell: (r) => <span className="mono cut">{r.key}</span>,
    text: (r) => r.key,
    sort: { up: 'KEY_ASC', down: 'KEY_DESC' },
  },
  {
    id: 'summary',
    header: t.common.details,
    width: 'minmax(200px, 2fr)',
    cell: (r) => <span className="cut dim">{r.summary}</span>,
    text: (r) => r.summary,
  },
  {
    id: 'since',
    header: t.common.since,
    width: '100px',
    align: 'right',
    noCard: true,
    cell: (r) => <RelativeTime at={r.validFrom} />,
    text: (r) => r.validFrom,
  },
]

/** Without a kind in the address: the first one that the person may see. */
export function FirstEntityType() {
  const { scopes } = useMe()
  const [{ data, error }, read] = useReading({ query: EntityTypesDocument })
  // One that owns something, if the scopes tell; else one that is kept by hand.
  const preferred = [...scopes.reviewProvisioning, ...scopes.manualProvisioning]
  const types = data?.entityTypes
  const first = types?.find((e) => preferred.includes(e.identifier)) ?? types?.find((e) => e.canCreate) ?? types?.[0]
  if (first) return <Navigate to="/people/$entityType" params={{ entityType: first.identifier }} replace />
  return (
    <Page title={t.person.title} scroll>
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : data ? (
        <EmptyNote title={t.person.empty} hint={t.person.emptyHint} />
      ) : (
        <Skeleton lines={8} />
      )}
    </Page>
  )
}

/** Everybody of one kind. */
export function PersonListPage() {
  const { entityType } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { scopes } = me
  const [{ data }] = useReading({ query: EntityTypesDocument })
  const type = data?.entityTypes.find((e) => e.identifier === entityType)
  const list = useConnection({
    document: PersonListDocument,
    variables: personListVariables(entityType, search),
    select: (d) => d.resources,
  })
  const [selection, setSelection] = useState<Selection>(noSelection)
  const [asking, setAsking] = useState<'set' | 'give' | 'take' | null>(null)
  const { start, starting } = useStartBulk()
  const mayChange = mayChangeMany(me, entityType)
  const mayAsk = mayRequestMany(me, entityType)
  const variables = personListVariables(entityType, search)
  const many = {
    people: { entityType, filter: variables.filter },
    ids: selection.all ? undefined : [...selection.ids],
    count: selectionCount(selection, amount(list.total ?? 0, list.isEstimate)),
    busy: starting,
    onClose: () => setAsking(null),
    onStart: (input: StartBulkChangeInput) => void begin(input),
  }
  const begin = async (input: StartBulkChangeInput) => {
    const { id, problem } = await start(input)
    if (problem) return notifyProblem(problem)
    setAsking(null)
    setSelection(noSelection)
    if (id) void navigate({ to: '/bulk/$bulkId', params: { bulkId: id } })
  }
  const example = list.rows.find((row) => isSelected(selection, row.id))?.id
  const setSearch = (change: Partial<PersonListSearch>) =>
    void navigate({
      to: '/people/$entityType',
      params: { entityType },
      search: { ...search, ...change },
      replace: true,
    })
  const kind =
    type && recordKinds(data?.entityTypes ?? [], type).find((k) => scopes.createResources.includes(k.type.identifier))
  const mayAdd = type !== undefined && type.canCreate && scopes.createResources.includes(entityType)

  return (
    <Page
      title={type?.displayName ?? t.person.title}
      hint={t.person.listHint}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setSearch({ add: true })}>
            {t.person.newPerson}
          </Button>
        )
      }
      nav={
        <Tiles label={t.person.title}>
          {data?.entityTypes.map((e) => (
            <Link
              key={e.id}
              to="/people/$entityType"
              params={{ entityType: e.identifier }}
              activeOptions={{ includeSearch: false }}
            >
              <Tile word={e.displayName} count={e.count} />
            </Link>
          ))}
        </Tiles>
      }
    >
      <Table
        key={entityType}
        label={type?.displayName ?? t.person.title}
        name="people"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.person.empty, hint: t.person.emptyHint }}
        onClear={search.text ? () => setSearch({ text: undefined }) : undefined}
        onOpen={(row) => void navigate({ to: '/person/$id', params: { id: row.id } })}
        selection={mayChange || mayAsk ? selection : undefined}
        onSelection={mayChange || mayAsk ? setSelection : undefined}
        wholeFilter
        bulk={
          <>
            {mayChange && (
              <Button variant="default" onClick={() => setAsking('set')}>
                {t.bulk.setValue}
              </Button>
            )}
            {mayAsk && (
              <>
                <Button variant="default" onClick={() => setAsking('give')}>
                  {t.bulk.giveRole}
                </Button>
                <Button variant="default" onClick={() => setAsking('take')}>
                  {t.bulk.takeRole}
                </Button>
              </>
            )}
          </>
        }
        sort={search.sort ?? 'DISPLAY_NAME_ASC'}
        onSort={(sort) => setSearch({ sort: sort as PersonListSearch['sort'] })}
        filters={
          <>
            <SearchFilter
              label={t.person.searchPlaceholder}
              placeholder={t.person.searchPlaceholder}
              value={search.text}
              onChange={(text) => setSearch({ text })}
            />
            {search.text && <ClearFilters onClick={() => setSearch({ text: undefined })} />}
          </>
        }
      />
      {asking === 'set' && type && <SetValueDialog type={type} {...many} />}
      {(asking === 'give' || asking === 'take') && example && (
        <AskManyDialog gives={asking === 'give'} example={example} {...many} />
      )}
      {search.add && mayAdd && (
        <AddPersonForm
          type={type}
          kind={kind}
          onClose={() => setSearch({ add: undefined })}
          onSaved={(person) => void navigate({ to: '/person/$id', params: { id: person.id } })}
        />
      )}
    </Page>
  )
}

const rowId = (row: PersonRowFragment) => row.id
