import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useRequestChanges } from '../../graphql/live'
import { mayRequest } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { mineColumns } from './requestColumns'
import { ListFilters } from './ListFilters'
import { RequestItemsDocument, type RequestRowFragment } from './request.generated'
import { countListFilters, mineVariables, type RequestListSearch } from './requestSearch'

const route = getRouteApi('/shell/requests')

/** What one asked for, and what others asked for one. */
export function MyRequestsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const { itemId } = useParams({ strict: false })
  const set = (change: Partial<RequestListSearch>) =>
    void navigate({ to: '/requests', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: RequestItemsDocument,
    variables: mineVariables(search),
    select: (data) => data.requestItems,
  })
  useRequestChanges(list.refresh)
  const isFiltered = countListFilters(search) > 0
  const clear = () => set({ text: undefined, states: undefined, actions: undefined })
  const about = search.view === 'about'
  return (
    <Page
      title={t.request.mine}
      hint={t.request.mineHint}
      actions={
        mayRequest(me) && (
          <Button component={Link} to="/request">
            {t.request.title}
          </Button>
        )
      }
    >
      <Table
        label={t.request.mine}
        name="my-requests"
        list={list}
        columns={mineColumns}
        getId={(row: RequestRowFragment) => row.id}
        empty={
          about
            ? { title: t.request.noneAbout, hint: t.request.noneAboutHint }
            : { title: t.request.noneMine, hint: t.request.noneMineHint }
        }
        onClear={isFiltered ? clear : undefined}
        onOpen={(row) =>
          void navigate({
            to: '/requests/$itemId',
            params: { itemId: row.id },
            search,
            replace: itemId !== undefined,
          })
        }
        openId={itemId ?? null}
        sort={search.sort ?? 'NEWEST'}
        onSort={(sort) => set({ sort: sort === 'OLDEST' ? sort : undefined })}
        isFaint={(row) => row.closedAt !== null && row.state !== 'FULFILLED'}
        filters={
          <>
            <ListFilters search={search} withStates onChange={set} onClear={isFiltered ? clear : undefined} />
            {me.resource && (
              <ViewSwitch
                label={t.request.about}
                value={about ? 'about' : 'mine'}
                options={[
                  { value: 'mine', label: t.request.views.mine },
                  { value: 'about', label: t.request.views.about },
                ]}
                onChange={(view) => set({ view: view === 'about' ? view : undefined })}
              />
            )}
          </>
        }
      />
      <Outlet />
    </Page>
  )
}
