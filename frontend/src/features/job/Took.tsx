import { useEffect, useState } from 'react'
import { formatTook } from '../../lib/format'
import { serverNow } from '../../lib/serverClock'

/** How long something took, or has been running: that goes on while one looks. */
export function Took({ instance }: { instance: { startedAt?: string | null; endedAt?: string | null } }) {
  const isRunning = Boolean(instance.startedAt) && !instance.endedAt
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => setNow(serverNow()), 500)
    return () => clearInterval(timer)
  }, [isRunning])
  if (!instance.startedAt) return <span className="dim">–</span>
  const end = instance.endedAt ? Date.parse(instance.endedAt) : now
  return <span className="num">{formatTook(Math.max(0, end - Date.parse(instance.startedAt)))}</span>
}
