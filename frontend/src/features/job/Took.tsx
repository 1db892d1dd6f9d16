import { formatTook } from '../../lib/format'
import { useNow } from '../../ui/RelativeTime'

/** How long something took, or has been running. */
export function Took({ instance }: { instance: { startedAt?: string | null; endedAt?: string | null } }) {
  const now = useNow()
  if (!instance.startedAt) return <span className="dim">–</span>
  const end = instance.endedAt ? Date.parse(instance.endedAt) : now
  return <span className="num">{formatTook(Math.max(0, end - Date.parse(instance.startedAt)))}</span>
}
