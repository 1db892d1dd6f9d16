import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { OrderStepper } from '../../ui/OrderStepper'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { StateBadge } from '../../ui/StateBadge'
import { DecidedNote } from './DecidedNote'
import { Instruction } from './Instruction'
import { OrderErrorNote } from './OrderErrorNote'
import { OrderFrame } from './OrderFrame'
import { OrderHistory } from './OrderHistory'
import type { OrderSearch } from './orderSearch'
import { orderPhrase } from './orderTitle'
import { OwnerCard } from './OwnerCard'
import { useQueue } from '../../ui/queue'
import { TicketBar } from './TicketBar'
import { useOrderInDrawer } from './useOrderInDrawer'
import { useTicket } from './useTicket'

/** One ticket as an instruction, beside the queue. */
export function ManualDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const shown = useOrderInDrawer(orderId)
  const close = () => void navigate({ to: '/manual', search })
  const ticket = useTicket(shown, () => {
    const next = neighbour(orderId, queue.ids)
    queue.onDecided(orderId)
    if (next && next !== orderId)
      void navigate({ to: '/manual/$orderId', params: { orderId: next }, search, replace: true })
    else close()
  })
  const { order } = shown

  return (
    <OrderFrame
      shown={shown}
      onClose={close}
      sub={
        order && (
          <>
            <StateBadge state={order.state} />
            <span>
              {t.manual.opened} <RelativeTime at={order.transmittedAt ?? order.createdAt} />
            </span>
            {order.assignee && (
              <span>
                {t.order.assignee} {order.assignee}
              </span>
            )}
          </>
        )
      }
      footer={
        order &&
        (ticket.open ? <TicketBar order={order} {...ticket} /> : <DecidedNote order={order} text={ticket.comment} />)
      }
    >
      {order && (
        <>
          <OrderStepper
            state={order.state}
            isManual={order.isManual}
            isReviewed={order.resourceType.blockProvisioning || order.reviewedAt != null}
            history={order.history}
            createdAt={order.createdAt}
          />
          <OrderErrorNote order={order} />
          <Instruction order={order} />
          <OwnerCard owner={order.owner} />
          <Section title={t.order.history}>
            <OrderHistory entries={order.history} lines={order.lines} />
          </Section>
          {ticket.asking && (
            <ConfirmDialog
              title={t.manual.reportOneTitle(orderPhrase(order))}
              text={t.manual.reportText}
              action={t.manual.report.replace('…', '')}
              danger
              busy={ticket.sending}
              reason={{
                label: t.manual.reportReason,
                required: true,
                max: 4000,
                value: ticket.comment,
                onChange: ticket.setComment,
              }}
              onConfirm={(message) => void ticket.sendError(message)}
              onClose={ticket.cancel}
            />
          )}
        </>
      )}
    </OrderFrame>
  )
}
