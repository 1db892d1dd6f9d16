import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { RecognizedAccountFilter } from '../../graphql/types.generated'
import { ResetRecognitionDocument } from './RecognitionTab.generated'

/** Lets rules say again whose accounts are, and what: some by id, or all that a filter finds. */
export function useReset() {
  const [{ fetching: busy }, reset] = useMutation(ResetRecognitionDocument)
  return {
    busy,
    resetThese: async (accounts: { id: string; version: string }[], comment: string) => {
      const { data, error } = await reset({
        input: { accounts: accounts.map(({ id, version }) => ({ id, version })), comment: comment.trim() || undefined },
      })
      if (error || !data) return { done: 0, failed: [], problem: error && toProblem(error) }
      const { results } = data.resetRecognition
      const failed = results.flatMap(({ error: refused }) => (refused ? [refused] : []))
      return { done: results.length - failed.length, failed, problem: undefined }
    },
    resetAll: async (filter: RecognizedAccountFilter, comment: string): Promise<Problem | undefined> => {
      const { error } = await reset({ input: { filter, comment: comment.trim() || undefined } })
      return error ? toProblem(error) : undefined
    },
  }
}
