import { useEffect, useRef } from 'react'
import { useOrderChanges } from '../../graphql/live'

/** Calls back once things have been moving for a moment, and at least every minute. */
export function useRefreshOnMoves(refresh: () => void, waitMs = 3_000) {
  const latest = useRef(refresh)
  useEffect(() => {
    latest.current = refresh
  })
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useOrderChanges(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      latest.current()
    }, waitMs)
  })
  useEffect(() => {
    const every = setInterval(() => latest.current(), 60_000)
    return () => {
      clearInterval(every)
      clearTimeout(timer.current)
    }
  }, [])
}
