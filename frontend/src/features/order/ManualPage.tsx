import { getRouteApi, Link } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tile, Tiles } from '../../ui/Tiles'
import { ManualQueueDocument } from './ManualPage.generated'
import { manualColumns } from './orderColumns'
import { manualVariables } from './orderSearch'
import { ticketActions } from './queueActions'
import { QueueList } from './QueueList'

const route = getRouteApi('/shell/manual')

/** Manual Provisioning (provisioning spec 4): what people change in systems by hand. */
export function ManualPage() {
  const search = route.useSearch()
  const { scopes } = useMe()
  const counters = useCounters()
  return (
    <Page
      title={t.manual.title}
      hint={t.manual.hint}
      nav={
        <Tiles label={t.review.tiles}>
          <Link to="/manual" search={{ ...search, of: undefined }} activeOptions={{ includeSearch: true, exact: true }}>
            <Tile word={t.manual.all} count={counters?.manual ?? null} />
          </Link>
          {counters?.manualTiles.map((tile) => (
            <Link
              key={tile.entityType}
              to="/manual"
              search={{ ...search, of: tile.entityType }}
              activeOptions={{ includeSearch: true, exact: true }}
            >
              <Tile word={tile.displayName} count={tile.count} />
            </Link>
          ))}
        </Tiles>
      }
    >
      <QueueList
        label={t.manual.title}
        name="manual"
        path="/manual"
        search={search}
        kept={{ of: search.of }}
        document={ManualQueueDocument}
        variables={manualVariables(search)}
        select={(data) => data.manualOrders}
        states={['TRANSMITTED']}
        columns={manualColumns}
        filters={['kinds', 'types', 'systems']}
        empty={{ title: t.manual.empty, hint: t.manual.emptyHint }}
        kind="MANUAL_PROVISIONING"
        actions={scopes.bulkManualProvisioning.length > 0 ? ticketActions : []}
      />
    </Page>
  )
}
