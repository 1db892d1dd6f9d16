import { useMutation } from 'urql'
import { CancelBulkChangeDocument } from './bulk.generated'
import { toProblem, type Problem } from './problem'

/** Stops a bulk change after the item it is at; gives what stood against it. */
export function useStopBulk() {
  const [{ fetching }, cancel] = useMutation(CancelBulkChangeDocument)
  const stop = async (id: string): Promise<Problem | undefined> => {
    const { error } = await cancel({ input: { id } })
    return error && toProblem(error)
  }
  return { stop, stopping: fetching }
}
