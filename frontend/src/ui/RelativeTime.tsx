import { useSyncExternalStore } from 'react'
import { formatExact, formatRelative } from '../lib/format'
import { serverNow } from '../lib/serverClock'

// One ticking clock for all relative times of the page.
const listeners = new Set<() => void>()
let now = serverNow()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = serverNow()
    for (const l of listeners) l()
  }, 10_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

function read(): number {
  // Nobody is listening yet: the clock stood still since the last page.
  if (listeners.size === 0 && Math.abs(serverNow() - now) > 1_000) now = serverNow()
  return now
}

/** The server's time now, refreshed every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read)
}

/** "5 min ago", with the exact instant in the person's zone on hover. */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const current = useNow()
  if (!at) return <span className="dim">–</span>
  return (
    <time dateTime={at} title={formatExact(at)} className="num">
      {formatRelative(at, current)}
    </time>
  )
}
