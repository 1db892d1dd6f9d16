import { useEffect, useRef } from 'react'

/** Calls the function once a second, as long as something moves. */
export function useEverySecond(tick: () => void, moves: boolean) {
  const latest = useRef(tick)
  useEffect(() => {
    latest.current = tick
  })
  useEffect(() => {
    if (!moves) return
    const timer = setInterval(() => latest.current(), 1_000)
    return () => clearInterval(timer)
  }, [moves])
}
