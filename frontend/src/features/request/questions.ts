import type { CommentActivation, StepDecision } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { n, sizeOf, type Amount } from '../../lib/texts/plural'
import type { AskedReason } from '../../ui/ConfirmDialog'
import type { RequestDetailFragment, RequestRowFragment } from './request.generated'
import { itemPhrase } from './requestWords'

export const stepDecisions: StepDecision[] = ['APPROVE', 'DECLINE']

export const stepKeys: Record<StepDecision, string> = { APPROVE: 'a', DECLINE: 'd' }

/** Whether a decision about one takes a comment. */
export const activationOf = (decision: StepDecision, item: RequestRowFragment): CommentActivation =>
  decision === 'APPROVE' ? item.commentOnApprove : item.commentOnDecline

/** Whether a decision about some takes a comment: as whichever asks for most. */
function activationOfAll(decision: StepDecision, items: RequestRowFragment[]): CommentActivation {
  const said = items.map((item) => activationOf(decision, item))
  if (said.includes('REQUIRED')) return 'REQUIRED'
  return said.length === 0 || said.includes('OPTIONAL') ? 'OPTIONAL' : 'DISABLED'
}

const reasonOf = (activation: CommentActivation): AskedReason | undefined =>
  activation === 'DISABLED' ? undefined : { label: t.request.whyDecide, required: activation === 'REQUIRED' }

/** The question before a decision about one item. */
export const questionOf = (decision: StepDecision, item: RequestRowFragment) => ({
  title: t.request.ask[decision](itemPhrase(item)),
  text: t.request.consequence[decision],
  action: t.request.decisions[decision],
  danger: decision === 'DECLINE',
  reason: reasonOf(activationOf(decision, item)),
})

/** The question before a decision about many: those that are named, or `count`, whatever a filter finds. */
export const questionOfMany = (decision: StepDecision, items: RequestRowFragment[], count: Amount = items.length) => ({
  title: t.request.askMany[decision](count),
  action: t.request.decisions[decision],
  danger: decision === 'DECLINE',
  reason: reasonOf(activationOfAll(decision, items)),
  typed:
    decision === 'DECLINE' || sizeOf(count) > 20
      ? { label: `${t.request.typeCount}: ${n(sizeOf(count))}`, word: String(sizeOf(count)) }
      : undefined,
})

type StepState = RequestDetailFragment['steps'][number]['state']

/** Somebody may decide it. */
export const isDecidable = (state: StepState) => state === 'OPEN' || state === 'INFO_REQUESTED'

/** It waits for a decision, or for somebody who may take it. */
export const isTurn = (state: StepState) => isDecidable(state) || state === 'STUCK'
