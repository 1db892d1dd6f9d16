import { useCallback, useState } from 'react'
import { useOrderChanges, type OrderChange } from '../../graphql/live'
import { useFlash } from '../../ui/useFlash'

/**
 * Follows the live changes for a list: rows shown that changed light up, rows that could belong to it but are not shown are
 * counted. The list itself stays still until it is asked to refresh.
 */
export function useLiveOrders(options: {
  ids: string[]
  matches: (change: OrderChange) => boolean
  /** Nothing is shown, so nothing can move under a hand: read at once. */
  refresh: () => void
}) {
  const { ids, matches, refresh } = options
  const [flash, light] = useFlash()
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  useOrderChanges((changes) => {
    const shown = new Set(ids)
    light(changes.map((c) => c.order.id).filter((id) => shown.has(id)))
    const found = changes.filter((c) => !shown.has(c.order.id) && matches(c)).map((c) => c.order.id)
    if (found.length === 0) return
    if (ids.length === 0) refresh()
    else setFresh((old) => new Set([...old, ...found]))
  })
  const forget = useCallback(() => setFresh(new Set()), [])
  return { flash, fresh: fresh.size, forget }
}
