import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tile, Tiles } from '../../ui/Tiles'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { ReviewQueueDocument } from './ReviewPage.generated'
import type { OrderRowFragment } from './orderColumns.generated'
import { reviewColumns } from './orderColumns'
import { reviewVariables, type OrderSearch } from './orderSearch'
import { PropertyView } from './PropertyView'
import { reviewActions } from './queueActions'
import { QueueList } from './QueueList'

const route = getRouteApi('/shell/review')

/** Provisioning Review (provisioning spec 3). */
export function ReviewPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const counters = useCounters()
  const setSearch = (change: Partial<OrderSearch>) =>
    void navigate({ to: '/review', search: { ...search, ...change }, replace: true })
  return (
    <Page
      title={t.review.title}
      hint={t.review.hint}
      actions={
        <ViewSwitch
          label={t.assignment.view}
          value={search.view ?? 'resource'}
          options={[
            { value: 'resource', label: t.review.resourceView },
            { value: 'property', label: t.review.propertyView },
          ]}
          onChange={(view) => setSearch({ view: view === 'property' ? 'property' : undefined })}
        />
      }
      nav={
        <Tiles label={t.review.tiles}>
          <Link to="/review" search={{ ...search, of: undefined }} activeOptions={{ includeSearch: true, exact: true }}>
            <Tile word={t.review.all} count={counters?.toReview ?? null} />
          </Link>
          {counters?.reviewTiles.map((tile) => (
            <Link
              key={tile.entityType}
              to="/review"
              search={{ ...search, of: tile.entityType }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={tile.displayName} count={tile.count} />
            </Link>
          ))}
          {counters && counters.errored > 0 && (
            <Link to="/errors" search={search.of ? { of: search.of } : {}}>
              <Tile word={t.review.errorsTitle} count={counters.errored} />
            </Link>
          )}
        </Tiles>
      }
    >
      {search.view === 'property' ? (
        <PropertyView search={search} onChange={setSearch} />
      ) : (
        <QueueList
          label={t.review.title}
          name="review"
          path="/review"
          search={search}
          kept={{ of: search.of, view: search.view }}
          document={ReviewQueueDocument}
          variables={reviewVariables(search)}
          select={(data) => data.reviewQueue}
          states={['AWAITING_APPROVAL']}
          isLater={isPostponed}
          columns={reviewColumns}
          filters={['kinds', 'types', 'systems', 'postponed', 'sort']}
          sorted
          empty={{ title: t.review.empty, hint: t.review.emptyHint }}
          kind="REVIEW_ORDERS"
          actions={reviewActions}
        />
      )}
    </Page>
  )
}

const isPostponed = (row: OrderRowFragment) => row.postponedAt !== null
