import { useMutation } from 'urql'
import type { LineDecision, LineDecisionInput } from '../../graphql/types.generated'
import { toProblem, type Problem } from '../../graphql/problem'
import { ReviewOrdersDocument } from './useReviewOrders.generated'

type Decision = { decision: LineDecision } | { lines: LineDecisionInput[] }

/** Decides one order, as a whole or line by line. Gives the problem, or null when it was done. */
export function useReviewOrders() {
  const [{ fetching }, execute] = useMutation(ReviewOrdersDocument)
  const review = async (orderId: string, decision: Decision, comment?: string): Promise<Problem | null> => {
    // Lines name their order themselves; ids beside them are refused.
    const what = 'lines' in decision ? decision : { orderIds: [orderId], ...decision }
    const { data, error } = await execute({ input: { ...what, comment: comment || undefined } })
    if (error) return toProblem(error)
    return data?.reviewOrders.results.find((r) => r.error)?.error ?? null
  }
  return { review, busy: fetching }
}
