import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, type RefObject } from 'react'
import type { List } from './column'

/** Which rows are drawn: those in view and some around them. Brings more before the end is reached. */
export function useVirtualRows<Row>(options: {
  list: List<Row>
  getId: (row: Row) => string
  scroller: RefObject<HTMLDivElement | null>
  /** Cards are measured; rows all have the same height. */
  cards: boolean
}) {
  const { list, getId, scroller, cards } = options
  const { rows, hasMore, loadMore } = list
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (cards ? 84 : rowHeight()),
    overscan: 12,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : getId(row)
    },
  })
  const lastShown = virtual.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - 30) loadMore()
  }, [hasMore, loadMore, lastShown, rows.length])
  useEffect(() => virtual.measure(), [cards, virtual])
  return virtual
}

function rowHeight(): number {
  return document.documentElement.dataset.density === 'roomy' ? 46 : 36
}
