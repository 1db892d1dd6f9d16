import { useMutation } from 'urql'
import { StartBulkChangeDocument } from './bulk.generated'
import { toProblem, type Problem } from './problem'
import type { StartBulkChangeInput } from './types.generated'

/** Lets the server decide about many; gives the number of the bulk change, or what stood against it. */
export function useStartBulk() {
  const [{ fetching }, send] = useMutation(StartBulkChangeDocument)
  const start = async (input: StartBulkChangeInput): Promise<{ id?: string; problem?: Problem }> => {
    const { data, error } = await send({ input })
    return error ? { problem: toProblem(error) } : { id: data?.startBulkChange.bulkChange.id }
  }
  return { start, starting: fetching }
}
