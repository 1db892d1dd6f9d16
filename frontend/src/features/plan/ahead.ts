import { asked, firstPage } from '../../graphql/ahead'
import { PlanDetailDocument, PlanListDocument } from './plan.generated'

// What the pages of plans ask for first.

export const plans = () => firstPage(PlanListDocument, {})
export const plan = (params: Record<string, string>) => asked(PlanDetailDocument, { id: params.planId ?? '' })
