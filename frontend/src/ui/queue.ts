import { createContext, useContext } from 'react'

/** What a drawer needs from the list that it was opened from: the order of the rows, and a word when one is decided. */
interface Queue {
  ids: string[]
  /** The order leaves the list (`stays`: it keeps its place, e.g. postponed). */
  onDecided: (id: string, stays?: boolean) => void
}

export const QueueContext = createContext<Queue>({ ids: [], onDecided: () => undefined })

export function useQueue(): Queue {
  return useContext(QueueContext)
}
