import { useNavigate, useParams, useRouterState, useSearch } from '@tanstack/react-router'
import { useRef } from 'react'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { RelativeTime } from '../../ui/RelativeTime'
import { StateBadge } from '../../ui/StateBadge'
import { DecidedNote } from './DecidedNote'
import { DecisionBar } from './DecisionBar'
import { OrderFrame } from './OrderFrame'
import type { OrderSearch } from './orderSearch'
import { OrderToDecide } from './OrderToDecide'
import { useQueue } from '../../ui/queue'
import { useDecision } from './useDecision'
import { useOrderInDrawer } from './useOrderInDrawer'

/** One order to decide, beside the list of review or of errors. */
export function ReviewDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const list = useRouterState({ select: (s) => (s.location.pathname.startsWith('/errors') ? '/errors' : '/review') })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const shown = useOrderInDrawer(orderId)
  const close = () => void navigate({ to: list, search })
  const decided = (stays?: boolean) => {
    const next = neighbour(orderId, queue.ids)
    queue.onDecided(orderId, stays)
    if (next && next !== orderId)
      void navigate({ to: `${list}/$orderId`, params: { orderId: next }, search, replace: true })
    else close()
  }
  const { order } = shown
  const commentField = useRef<HTMLInputElement>(null)
  const decision = useDecision(shown, decided, () => commentField.current?.focus())

  return (
    <OrderFrame
      shown={shown}
      onClose={close}
      sub={
        order && (
          <>
            <StateBadge state={order.state} />
            {order.connector && <span>{t.review.onConnector(order.connector.displayName)}</span>}
            <RelativeTime at={order.createdAt} />
            {order.postponedAt && <span>{t.review.postponed}</span>}
          </>
        )
      }
      footer={
        order &&
        (decision.decidable ? (
          <DecisionBar kind={order.kind} field={commentField} {...decision} />
        ) : (
          <DecidedNote order={order} text={decision.comment} />
        ))
      }
    >
      {order && <OrderToDecide order={order} {...decision} />}
    </OrderFrame>
  )
}
