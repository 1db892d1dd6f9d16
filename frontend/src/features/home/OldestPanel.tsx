import { Link } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import type { OrderFilter } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { orderKinds } from '../../lib/states'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { OldestWaitingDocument } from './home.generated'
import classes from './Panels.module.css'
import { useRefreshOnMoves } from './useRefreshOnMoves'

const filter: OrderFilter = { states: ['AWAITING_APPROVAL', 'TRANSMITTED', 'ERRORED'], open: true }

/** The orders that have been waiting for a person the longest. */
export function OldestPanel() {
  const [{ data, error }, read] = useReading({
    query: OldestWaitingDocument,
    variables: { filter },
    requestPolicy: 'cache-and-network',
  })
  useRefreshOnMoves(() => read({ requestPolicy: 'network-only' }), 5_000)
  const orders = data?.orders.nodes
  return (
    <Section title={t.home.oldestOrders} panel>
      {error && !orders ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !orders ? (
        <Skeleton lines={5} />
      ) : orders.length === 0 ? (
        <p className="dim">{t.home.noOldest}</p>
      ) : (
        <ul className={classes.rows}>
          {orders.map((order) => (
            <li key={order.id}>
              <Link to="/order/$orderId" params={{ orderId: order.id }} className={classes.row}>
                <span className={classes.grow}>
                  {order.owner?.displayName ?? order.target?.displayName ?? t.order.noOwner}
                  <span className="dim">
                    {' · '}
                    {orderKinds[order.kind]} {order.resourceType.displayName}
                  </span>
                </span>
                <span className={classes.small}>
                  <RelativeTime at={order.createdAt} />
                </span>
                <StateBadge state={order.state} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
