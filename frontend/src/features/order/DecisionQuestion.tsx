import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import type { OrderTitleFragment } from './orderTitle.generated'
import { orderPhrase } from './orderTitle'
import type { Decision } from './useDecision'

/** The question before a decision: approving an account asks once more, declining asks for the reason. */
export function DecisionQuestion({ order, ...d }: Decision & { order: OrderTitleFragment }) {
  return (
    <>
      {d.asking === 'approve' && (
        <ConfirmDialog
          title={t.review.oneTitle.APPROVE(orderPhrase(order))}
          text={t.review.approveText}
          action={t.review.approve}
          danger={order.kind === 'DELETE'}
          busy={d.sending}
          onConfirm={() => void d.send('APPROVE')}
          onClose={d.cancel}
        />
      )}
      {(d.asking === 'decline' || d.asking === 'lines') && (
        <ConfirmDialog
          title={
            d.asking === 'lines'
              ? t.review.declineLinesTitle(orderPhrase(order))
              : t.review.oneTitle.DECLINE(orderPhrase(order))
          }
          text={t.review.declineText}
          action={d.asking === 'lines' ? t.review.confirmLines : t.review.decline}
          danger
          busy={d.sending}
          reason={{ label: t.review.declineReason, required: true, value: d.comment, onChange: d.setComment }}
          onConfirm={(reason) => void d.send(d.asking === 'lines' ? 'LINES' : 'DECLINE', reason)}
          onClose={d.cancel}
        />
      )}
    </>
  )
}
