import { t } from '../../lib/texts'
import { OrderStepper } from '../../ui/OrderStepper'
import { Section } from '../../ui/Page'
import { DecisionQuestion } from './DecisionQuestion'
import { LineDecisions } from './LineDecisions'
import type { OrderDetailFragment } from './useOrderInDrawer.generated'
import { OrderErrorNote } from './OrderErrorNote'
import { lineName, OrderLines } from './OrderLines'
import { OwnerCard } from './OwnerCard'
import type { Decision } from './useDecision'

/** What will be written, why, and to whom; the question that a decision asks. */
export function OrderToDecide({ order, ...d }: Decision & { order: OrderDetailFragment }) {
  return (
    <>
      <OrderStepper
        state={order.state}
        isManual={order.isManual}
        isReviewed={order.resourceType.blockProvisioning || order.reviewedAt != null}
        history={order.history}
        createdAt={order.createdAt}
      />
      <OrderErrorNote order={order} />
      <OwnerCard owner={order.owner} />
      <Section title={order.kind === 'DELETE' ? t.review.whatWillBeDeleted : t.review.whatWillBeWritten}>
        <OrderLines
          lines={order.lines}
          orderError={order.error?.message}
          quietState={!d.isErrored && d.waiting.length === order.lines.length}
          lead={
            d.isErrored || order.kind === 'DELETE' || d.waiting.length < 2
              ? undefined
              : (line) => (
                  <LineDecisions
                    label={lineName(line)}
                    disabled={order.isOwn || line.state !== 'AWAITING_APPROVAL'}
                    value={
                      !order.isOwn && line.state === 'AWAITING_APPROVAL' ? (d.choices[line.id] ?? 'APPROVE') : null
                    }
                    onChange={(decision) => d.choose(line.id, decision)}
                  />
                )
          }
        />
      </Section>
      <DecisionQuestion order={order} {...d} />
    </>
  )
}
