import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { ReconciliationDecision, RoleReconciliationFilter } from '../../graphql/types.generated'
import { DecideRolesDocument } from './RolesTab.generated'
import type { Outcome } from './useDecide'

/** Decides about found roles, some by id or all that a filter finds. */
export function useDecideRoles() {
  const [{ fetching }, decide] = useMutation(DecideRolesDocument)
  return {
    busy: fetching,
    decideThese: async (
      items: { id: string; version?: number }[],
      decision: ReconciliationDecision,
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
      const { results } = data.decideRoleReconciliation
      const failed = results.flatMap(({ id, error: refused }) => (refused ? [{ id, ...refused }] : []))
      return { done: results.length - failed.length, failed }
    },
    decideAll: async (
      filter: RoleReconciliationFilter,
      decision: ReconciliationDecision,
      comment: string,
    ): Promise<{ problem?: Problem }> => {
      const { error } = await decide({ input: { filter, decision, comment: comment.trim() || undefined } })
      return error ? { problem: toProblem(error) } : {}
    },
  }
}
