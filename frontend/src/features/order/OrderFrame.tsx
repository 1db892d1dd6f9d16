import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { orderTitle } from './orderTitle'
import type { ShownOrder } from './useOrderInDrawer'

/** The drawer of one order. It stays when the next order opens: only what is in it is swapped. */
export function OrderFrame(props: {
  shown: ShownOrder
  sub: ReactNode
  footer: ReactNode
  onClose: () => void
  children: ReactNode
}) {
  const { order, ready, problem, loading, reload } = props.shown
  return (
    <Drawer
      title={order ? orderTitle(order) : t.order.one}
      subject={order?.id ?? ''}
      busy={!ready && loading}
      onClose={props.onClose}
      pageLink={
        order
          ? (icon) => (
              <Link to="/order/$orderId" params={{ orderId: order.id }} title={t.common.openPage}>
                {icon}
              </Link>
            )
          : undefined
      }
      sub={order && props.sub}
      footer={order && props.footer}
    >
      {order ? (
        props.children
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
