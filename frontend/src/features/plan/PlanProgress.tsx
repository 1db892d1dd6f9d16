import { t } from '../../lib/texts'
import { ProgressBar } from '../../ui/ProgressBar'
import { isMoving, planStates } from './looks'
import type { PlanRowFragment } from './plan.generated'

/** How far a plan is computed. */
export function PlanProgress({ plan }: { plan: PlanRowFragment }) {
  if (plan.total === 0 && !isMoving(plan.state)) return null
  return (
    <ProgressBar
      value={plan.total === 0 ? 0 : plan.done / plan.total}
      label={t.plan.people(plan.done, plan.total)}
      tone={planStates[plan.state].tone}
      moving={isMoving(plan.state)}
    />
  )
}
