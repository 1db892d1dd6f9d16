import { t } from '../../lib/texts'
import type { QueueAction } from './QueueList'

/** To decide many orders at once. */
export const reviewActions: QueueAction[] = [
  {
    id: 'approve',
    label: t.review.approve,
    isMain: true,
    oneTitle: t.review.oneTitle.APPROVE,
    manyTitle: t.review.bulkTitle.APPROVE,
    text: t.review.bulkText.APPROVE,
    confirm: () => t.review.approve,
    reason: { label: t.review.comment },
    decision: 'APPROVE',
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
    decision: 'DECLINE',
  },
  {
    id: 'postpone',
    label: t.review.postpone,
    oneTitle: t.review.oneTitle.POSTPONE,
    manyTitle: t.review.bulkTitle.POSTPONE,
    text: t.review.bulkText.POSTPONE,
    confirm: () => t.review.postpone,
    reason: { label: t.review.comment },
    decision: 'POSTPONE',
  },
]

/** To send again many orders at once. */
export const errorActions: QueueAction[] = [
  {
    id: 'again',
    decision: 'UNBLOCK',
    label: t.order.unblock,
    isMain: true,
    oneTitle: t.order.unblockOneTitle,
    manyTitle: t.order.unblockTitle,
    text: t.order.unblockText,
    confirm: () => t.order.unblock,
    reason: { label: t.review.comment },
  },
]

/** To confirm or to report many orders at once. */
export const ticketActions: QueueAction[] = [
  {
    id: 'confirm',
    decision: 'CONFIRM',
    label: t.manual.done,
    isMain: true,
    oneTitle: t.manual.confirmOneTitle,
    manyTitle: t.manual.bulkTitle,
    text: t.manual.bulkText,
    confirm: t.manual.doneCount,
    reason: { label: t.common.comment },
  },
  {
    id: 'report',
    decision: 'REPORT_ERROR',
    label: t.manual.report,
    danger: true,
    oneTitle: t.manual.reportOneTitle,
    manyTitle: t.manual.reportTitle,
    text: t.manual.reportText,
    confirm: () => t.manual.report.replace('…', ''),
    reason: { label: t.manual.reportReason, required: true, max: 4000 },
  },
]
