import { useMemo } from 'react'
import { createRequest, useQuery, type AnyVariables, type UseQueryArgs, type UseQueryResponse } from 'urql'

/**
 * useQuery whose answer is the answer to what is asked now. urql shows what it had until the next answer comes: the person of the last page under the
 * name of the next one, the hits of the last word under the next one. Here there is nothing until then. Every page reads with this.
 */
export function useReading<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): UseQueryResponse<Data, Variables> {
  const [state, read] = useQuery(args)
  const text = JSON.stringify(args.variables ?? {})
  const key = useMemo(() => createRequest(args.query, JSON.parse(text) as AnyVariables).key, [args.query, text])
  const isOwn = state.operation?.key === key
  if (isOwn || (state.data === undefined && state.error === undefined)) return [state, read]
  return [{ ...state, data: undefined, error: undefined, stale: false, fetching: !args.pause }, read]
}
