import { getRouteApi } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { OrderBody } from './OrderBody'
import { orderTitle } from './orderTitle'
import { useOrderRecord } from './useOrderRecord'

const route = getRouteApi('/shell/order/$orderId')

/** One order as a page of its own. */
export function OrderPage() {
  const { orderId } = route.useParams()
  const { order, problem, loading, reload } = useOrderRecord(orderId)
  const title = order ? orderTitle(order) : t.order.one
  return (
    <Page
      title={title}
      heading={title}
      hint={
        order && (
          <>
            <StateBadge state={order.state} /> {order.connector && t.review.onConnector(order.connector.displayName)}
          </>
        )
      }
      scroll
    >
      {order ? (
        <OrderBody order={order} onChanged={reload} wide />
      ) : problem ? (
        <ProblemNote problem={problem} onRetry={reload} />
      ) : loading ? (
        <Skeleton lines={10} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Page>
  )
}
