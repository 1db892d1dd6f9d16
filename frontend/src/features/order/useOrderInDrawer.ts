import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useOrderChanges } from '../../graphql/live'
import { toProblem, type Problem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { OrderDetailDocument, type OrderDetailFragment } from './useOrderInDrawer.generated'
import { useQueue } from '../../ui/queue'

export interface ShownOrder {
  /** The order asked for, or the one shown before it until it is here; null when neither is. */
  order: OrderDetailFragment | null
  /** The order asked for is on screen: only then may anything be decided. */
  ready: boolean
  problem: Problem | null
  loading: boolean
  reload: () => void
}

/**
 * The order of a drawer that stays: its contents are swapped once the next ones stand. The two orders after it in the list are
 * fetched ahead, and whatever somebody else does to it is read at once.
 */
export function useOrderInDrawer(id: string): ShownOrder {
  const client = useClient()
  const { ids } = useQueue()
  const [{ data, error, fetching }, read] = useReading({
    query: OrderDetailDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const wanted = data?.order?.id === id ? data.order : null
  const [last, setLast] = useState(wanted)
  if (wanted && wanted !== last) setLast(wanted)
  const reload = () => read({ requestPolicy: 'network-only' })
  useOrderChanges((changes) => {
    if (changes.some((c) => c.order.id === id)) reload()
  })

  const isHere = wanted !== null
  const at = ids.indexOf(id)
  const ahead = at < 0 ? [] : ids.slice(at + 1, at + 3)
  const next = ahead.join(' ')
  const fetched = useRef(new Set<string>())
  useEffect(() => {
    if (!isHere) return
    for (const one of next.split(' ')) {
      if (!one || fetched.current.has(one)) continue
      fetched.current.add(one)
      void client.query(OrderDetailDocument, { id: one }).toPromise()
    }
  }, [client, isHere, next])

  const missing = !wanted && (error !== undefined || !fetching)
  return {
    order: wanted ?? (missing ? null : last),
    ready: isHere,
    problem: error && !wanted ? toProblem(error) : null,
    loading: fetching,
    reload,
  }
}
