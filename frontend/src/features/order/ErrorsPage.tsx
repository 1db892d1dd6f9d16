import { getRouteApi } from '@tanstack/react-router'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { FaultsPanel } from './FaultsPanel'
import { ReviewQueueDocument } from './ReviewPage.generated'
import { errorColumns } from './orderColumns'
import { errorVariables } from './orderSearch'
import { errorActions } from './queueActions'
import { QueueList } from './QueueList'

const route = getRouteApi('/shell/errors')

/** Errored orders: the second half of Provisioning Review, to send again one by one or in bulk. */
export function ErrorsPage() {
  const search = route.useSearch()
  const { scopes } = useMe()
  return (
    <Page title={t.review.errorsTitle} hint={t.review.errorsHint}>
      <FaultsPanel />
      <QueueList
        label={t.review.errorsTitle}
        name="errors"
        path="/errors"
        search={search}
        document={ReviewQueueDocument}
        variables={errorVariables(search)}
        select={(data) => data.reviewQueue}
        states={['ERRORED', 'ERROR']}
        columns={errorColumns}
        filters={['kinds', 'types', 'systems', 'cause']}
        sorted
        empty={{ title: t.review.errorsEmpty, hint: t.review.errorsEmptyHint }}
        kind="UNBLOCK_ORDERS"
        actions={scopes.bulkReviewProvisioning.length > 0 ? errorActions : []}
      />
    </Page>
  )
}
