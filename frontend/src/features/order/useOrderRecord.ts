import { useOrderChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { OrderRecordDocument } from './useOrderRecord.generated'

/** One order with payload, attempts and history; read again when it moves. */
export function useOrderRecord(id: string) {
  const [{ data, error, fetching }, read] = useReading({
    query: OrderRecordDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useOrderChanges((changes) => {
    if (changes.some((c) => c.order.id === id)) reload()
  })
  return {
    order: data?.order?.id === id ? data.order : null,
    problem: error && !data ? toProblem(error) : null,
    loading: fetching,
    reload,
  }
}
