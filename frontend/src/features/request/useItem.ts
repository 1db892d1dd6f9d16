import { useRequestChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { RequestItemDetailDocument } from './request.generated'

/** One item, read again whenever requests change. */
export function useItem(id: string) {
  const [{ data, error, fetching }, read] = useReading({
    query: RequestItemDetailDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useRequestChanges(reload)
  return {
    item: data?.requestItem?.id === id ? data.requestItem : null,
    problem: error ? toProblem(error) : null,
    fetching,
    reload,
  }
}
