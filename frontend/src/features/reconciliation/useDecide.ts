import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { ReconciliationDecision, ReconciliationFilter } from '../../graphql/types.generated'
import { ChooseAccountOwnerDocument, DecideReconciliationDocument } from './useDecide.generated'

interface Said {
  comment?: string
  ownerId?: string
}

export interface Outcome {
  done: number
  failed: { id: string; code: string; message: string }[]
  problem?: Problem
}

/** Decides about differences, some by id or all that a filter finds, and about accounts that nothing recognises. */
export function useDecide() {
  const [{ fetching }, decide] = useMutation(DecideReconciliationDocument)
  const [{ fetching: giving }, give] = useMutation(ChooseAccountOwnerDocument)
  return {
    busy: fetching || giving,
    decideThese: async (
      items: { id: string; version?: number }[],
      decision: ReconciliationDecision,
      said: Said = {},
    ): Promise<Outcome> => {
      const { data, error } = await decide({
        input: {
          items: items.map(({ id, version }) => ({ id, version })),
          decision,
          comment: said.comment?.trim() || undefined,
          ownerId: said.ownerId,
        },
      })
      if (error || !data) return { done: 0, failed: [], problem: error && toProblem(error) }
      const { results } = data.decideReconciliation
      const failed = results.flatMap(({ id, error: refused }) => (refused ? [{ id, ...refused }] : []))
      return { done: results.length - failed.length, failed }
    },
    decideAll: async (
      filter: ReconciliationFilter,
      decision: ReconciliationDecision,
      comment: string,
    ): Promise<{ problem?: Problem }> => {
      const { error } = await decide({ input: { filter, decision, comment: comment.trim() || undefined } })
      return error ? { problem: toProblem(error) } : {}
    },
    chooseOwner: async (account: string, resourceType: string, ownerId: string | undefined, comment: string) => {
      const { error } = await give({ input: { accountId: account, resourceType, ownerId, comment: comment.trim() } })
      return error ? toProblem(error) : undefined
    },
  }
}
