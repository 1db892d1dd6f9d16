import { useClient } from 'urql'
import type { LineDecision } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import {
  ConfirmManualOrdersDocument,
  ReportManualOrderErrorsDocument,
  UnblockOrdersDocument,
} from './queueActions.generated'
import { ReviewOrdersDocument } from './useReviewOrders.generated'
import type { QueueAction } from './QueueList'
import { toAnswer } from './useBulk'

/** To decide many orders at once. */
export function useReviewActions(): QueueAction[] {
  const client = useClient()
  const send = (decision: LineDecision) => async (orderIds: string[], reason: string) =>
    toAnswer(
      await client
        .mutation(ReviewOrdersDocument, { input: { orderIds, decision, comment: reason || undefined } })
        .toPromise(),
      (data) => data.reviewOrders.results,
    )
  return [
    {
      id: 'approve',
      label: t.review.approve,
      isMain: true,
      oneTitle: t.review.oneTitle.APPROVE,
      manyTitle: t.review.bulkTitle.APPROVE,
      text: t.review.bulkText.APPROVE,
      confirm: () => t.review.approve,
      reason: { label: t.review.comment },
      running: () => t.review.bulkDoing.APPROVE,
      send: send('APPROVE'),
    },
    {
      id: 'decline',
      label: `${t.review.decline}…`,
      danger: true,
      oneTitle: t.review.oneTitle.DECLINE,
      manyTitle: t.review.declineTitle,
      text: t.review.declineText,
      confirm: () => t.review.decline,
      reason: { label: t.review.declineReason, required: true },
      running: () => t.review.bulkDoing.DECLINE,
      send: send('DECLINE'),
    },
    {
      id: 'postpone',
      label: t.review.postpone,
      oneTitle: t.review.oneTitle.POSTPONE,
      manyTitle: t.review.bulkTitle.POSTPONE,
      text: t.review.bulkText.POSTPONE,
      confirm: () => t.review.postpone,
      reason: { label: t.review.comment },
      running: () => t.review.bulkDoing.POSTPONE,
      send: send('POSTPONE'),
    },
  ]
}

/** To send again many orders at once. */
export function useErrorActions(): QueueAction[] {
  const client = useClient()
  return [
    {
      id: 'again',
      label: t.order.unblock,
      isMain: true,
      oneTitle: t.order.unblockOneTitle,
      manyTitle: t.order.unblockTitle,
      text: t.order.unblockText,
      confirm: () => t.order.unblock,
      reason: { label: t.review.comment },
      running: () => t.order.unblock,
      send: async (orderIds, reason) =>
        toAnswer(
          await client
            .mutation(UnblockOrdersDocument, { input: { orderIds, comment: reason || undefined } })
            .toPromise(),
          (data) => data.unblockOrders.results,
        ),
    },
  ]
}

/** To confirm or to report many orders at once. */
export function useTicketActions(): QueueAction[] {
  const client = useClient()
  const running = (isRunning: boolean) => (isRunning ? t.manual.bulkRunning : t.manual.bulkEnded)
  const report = t.manual.report.replace('…', '')
  return [
    {
      id: 'confirm',
      label: t.manual.done,
      isMain: true,
      oneTitle: t.manual.confirmOneTitle,
      manyTitle: t.manual.bulkTitle,
      text: t.manual.bulkText,
      confirm: t.manual.doneCount,
      reason: { label: t.common.comment },
      running,
      send: async (orderIds, reason) =>
        toAnswer(
          await client
            .mutation(ConfirmManualOrdersDocument, { input: { orderIds, comment: reason || undefined } })
            .toPromise(),
          (data) => data.confirmManualOrders.results,
        ),
    },
    {
      id: 'report',
      label: t.manual.report,
      danger: true,
      oneTitle: t.manual.reportOneTitle,
      manyTitle: t.manual.reportTitle,
      text: t.manual.reportText,
      confirm: () => report,
      reason: { label: t.manual.reportReason, required: true, max: 4000 },
      running,
      send: async (orderIds, message) =>
        toAnswer(
          await client.mutation(ReportManualOrderErrorsDocument, { input: { orderIds, message } }).toPromise(),
          (data) => data.reportManualOrderErrors.results,
        ),
    },
  ]
}
