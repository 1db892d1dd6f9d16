import { useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem, type Problem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { DifferenceDetailDocument, type DifferenceDetailFragment } from './DifferenceDrawer.generated'

interface Shown {
  /** The one asked for, or the one shown before it until it is here; null when neither is. */
  item: DifferenceDetailFragment | null
  /** The one asked for is on screen: only then may anything be decided. */
  ready: boolean
  problem: Problem | null
  loading: boolean
  reload: () => void
}

/** One difference of a drawer that stays: its contents are swapped once the next ones stand, and whatever happens to it is read at once. */
export function useDifference(id: string | null): Shown {
  const [{ data, error, fetching }, read] = useReading({
    query: DifferenceDetailDocument,
    variables: { id: id ?? '' },
    requestPolicy: 'cache-and-network',
    pause: id === null,
  })
  const wanted = id !== null && data?.reconciliationItem?.id === id ? data.reconciliationItem : null
  const [last, setLast] = useState(wanted)
  if (wanted && wanted !== last) setLast(wanted)
  const reload = () => {
    if (id !== null) read({ requestPolicy: 'network-only' })
  }
  useReconciliationChanges(reload)
  const missing = !wanted && (error !== undefined || !fetching)
  return {
    item: wanted ?? (missing ? null : last),
    ready: wanted !== null,
    problem: error && !wanted ? toProblem(error) : null,
    loading: fetching,
    reload,
  }
}
