import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { useKindName } from '../../graphql/useKindName'
import { useReading } from '../../graphql/useReading'
import { formatName, formatNumber } from '../../lib/format'
import { deliveryStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { changeColumns, changeId } from '../../ui/changeColumns'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { BlockedDelivery } from './BlockedDelivery'
import { DeliveryHeadDocument, DeliveryPageDocument } from './DeliveryPage.generated'

import classes from './ConnectorPage.module.css'

const route = getRouteApi('/shell/deliveries/$id')

/** The changes that one synchronization found. */
export function DeliveryPage() {
  const { id } = route.useParams()
  const [{ data }, read] = useReading({
    query: DeliveryHeadDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const kindName = useKindName()
  const columns = useMemo(() => changeColumns(kindName), [kindName])
  const list = useConnection({
    document: DeliveryPageDocument,
    variables: { id },
    select: (d) => d.delivery?.changes ?? nothing,
  })
  const delivery = data?.delivery
  const counts = Object.entries(delivery?.counts ?? {}).filter(([, value]) => value !== 0)
  return (
    <Page
      title={t.job.delivery}
      heading={
        <>
          {t.job.delivery} {delivery && <Badge {...deliveryStates[delivery.state]} />}
        </>
      }
      hint={
        delivery && (
          <>
            {t.job.deliveryMode[delivery.mode]} · <RelativeTime at={delivery.startedAt} />
            {counts.map(([name, value]) => ` · ${t.job.counterWord[name] ?? formatName(name)} ${formatNumber(value)}`)}
          </>
        )
      }
    >
      {delivery?.state === 'BLOCKED' ? (
        <section className={classes.note} aria-label={t.job.deliveryBlocked}>
          <h2>{t.job.deliveryBlocked}</h2>
          <BlockedDelivery
            delivery={delivery}
            system={t.job.delivery}
            onDecided={() => read({ requestPolicy: 'network-only' })}
          />
        </section>
      ) : (
        delivery?.error && (
          <div className={classes.note}>
            <ProblemNote title={t.job.deliveryFailed} problem={{ code: 'VALIDATION', message: delivery.error }} />
          </div>
        )
      )}
      <Table
        label={t.job.delivery}
        name="changes"
        list={list}
        columns={columns}
        getId={changeId}
        empty={{ title: t.job.noChanges, hint: t.job.noChangesHint }}
      />
    </Page>
  )
}

const nothing = {
  nodes: [],
  pageInfo: { hasNextPage: false, endCursor: null },
  totalCount: 0,
  totalCountIsEstimate: false,
}
