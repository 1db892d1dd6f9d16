import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { StepDecision } from '../../graphql/types.generated'
import { ReviewRequestItemsDocument, type RequestRowFragment } from './request.generated'

interface Outcome {
  done: number
  failed: { id: string; code: string; message: string }[]
  problem?: Problem
}

/** Decides about approvals, each as it was seen: what changed since is refused. */
export function useDecideSteps() {
  const [{ fetching }, decide] = useMutation(ReviewRequestItemsDocument)
  return {
    busy: fetching,
    decideThese: async (
      items: RequestRowFragment[],
      decision: StepDecision,
      comment: string,
      more: { forDelegatorId?: string | null; startDate?: string; endDate?: string } = {},
    ): Promise<Outcome> => {
      const { forDelegatorId, ...dates } = more
      const steps = items.flatMap((i) =>
        i.stepId
          ? [{ stepId: i.stepId, version: i.stepVersion, decision, comment: comment.trim() || undefined, ...dates }]
          : [],
      )
      const { data, error } = await decide({ input: { steps, forDelegatorId: forDelegatorId ?? undefined } })
      if (error || !data) return { done: 0, failed: [], problem: error && toProblem(error) }
      const { results } = data.reviewRequestItems
      const failed = results.flatMap(({ id, error: refused }) => (refused ? [{ id, ...refused }] : []))
      return { done: results.length - failed.length, failed }
    },
  }
}
