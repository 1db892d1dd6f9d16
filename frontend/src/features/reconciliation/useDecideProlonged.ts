import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { ProlongedRoleFilter, RoleReviewDecision } from '../../graphql/types.generated'
import { DecideProlongedDocument } from './ProlongedTab.generated'
import type { Outcome } from './useDecide'

/** Decides about roles in their grace period, some by id or all that a filter finds. */
export function useDecideProlonged() {
  const [{ fetching }, decide] = useMutation(DecideProlongedDocument)
  return {
    busy: fetching,
    decideThese: async (
      items: { id: string; version?: number }[],
      decision: RoleReviewDecision,
      comment = '',
    ): Promise<Outcome> => {
      const { data, error } = await decide({
        input: {
          items: items.map(({ id, version }) => ({ id, version })),
          decision,
          comment: comment.trim() || undefined,
        },
      })
      if (error || !data) return { done: 0, failed: [], problem: error && toProblem(error) }
      const { results } = data.decideProlongedRoles
      const failed = results.flatMap(({ id, error: refused }) => (refused ? [{ id, ...refused }] : []))
      return { done: results.length - failed.length, failed }
    },
    decideAll: async (
      filter: ProlongedRoleFilter,
      decision: RoleReviewDecision,
      comment: string,
    ): Promise<{ problem?: Problem }> => {
      const { error } = await decide({ input: { filter, decision, comment: comment.trim() || undefined } })
      return error ? { problem: toProblem(error) } : {}
    },
  }
}
