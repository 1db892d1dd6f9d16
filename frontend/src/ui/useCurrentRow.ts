import { useMemo, useRef, useState } from 'react'
import { moveActive, selectRange, toggle, type Selection } from '../lib/selection'
import { useTableKeys } from './useTableKeys'

/**
 * The row under the hand: moved by keys, opened and taken into the selection. While a drawer is open, the current row is the one it shows, and
 * moving opens the next one.
 */
export function useCurrentRow<Row>(options: {
  rows: Row[]
  getId: (row: Row) => string
  openId: string | null
  onOpen?: (row: Row) => void
  selection: Selection
  onSelection?: (selection: Selection) => void
  /** Brings the row at this place into view. */
  show: (index: number) => void
}) {
  const { rows, getId, openId, onOpen, selection, onSelection, show } = options
  const ids = useMemo(() => rows.map(getId), [rows, getId])
  const anchor = useRef<string | null>(null)
  const [activeId, setActiveId] = useState<string | null>(null)

  // A row that has left the list is not the current one any more.
  const wanted = openId ?? activeId
  const current = wanted !== null && ids.includes(wanted) ? wanted : null
  const move = (by: number) => {
    const next = moveActive(current, by, ids)
    if (next === null) return
    setActiveId(next)
    const index = ids.indexOf(next)
    show(index)
    if (openId !== null && onOpen) onOpen(rows[index] as Row)
  }
  const open = (row: Row) => {
    setActiveId(getId(row))
    onOpen?.(row)
  }
  const pick = (id: string, range: boolean) => {
    if (!onSelection) return
    onSelection(range && anchor.current ? selectRange(selection, anchor.current, id, ids) : toggle(selection, id, ids))
    anchor.current = id
  }
  useTableKeys({
    move,
    open:
      onOpen &&
      (() => {
        const row = rows[ids.indexOf(current ?? '')]
        if (row) onOpen(row)
      }),
    select: onSelection && ((range) => current && pick(current, range)),
  })
  return { ids, current, move, open, pick }
}
