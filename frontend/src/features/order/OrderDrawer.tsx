import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { OrderBody } from './OrderBody'
import type { OrderSearch } from './orderSearch'
import { orderTitle } from './orderTitle'
import { useOrderRecord } from './useOrderRecord'

/** One order beside a list, with everything about it. */
export function OrderDrawer() {
  const { orderId = '', id } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const { order, problem, loading, reload } = useOrderRecord(orderId)
  const close = () =>
    id === undefined
      ? void navigate({ to: '/orders', search })
      : void navigate({ to: '/person/$id/orders', params: { id }, search })
  return (
    <Drawer
      title={order ? orderTitle(order) : t.order.one}
      subject={orderId}
      onClose={close}
      pageLink={(icon) => (
        <Link to="/order/$orderId" params={{ orderId }} title={t.common.openPage}>
          {icon}
        </Link>
      )}
      sub={
        order && (
          <>
            <StateBadge state={order.state} />
            {order.connector && <span>{t.review.onConnector(order.connector.displayName)}</span>}
            <RelativeTime at={order.createdAt} />
          </>
        )
      }
    >
      {order ? (
        <OrderBody order={order} onChanged={reload} />
      ) : problem ? (
        <ProblemNote problem={problem} onRetry={reload} />
      ) : loading ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Drawer>
  )
}
