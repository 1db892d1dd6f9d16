import { columnVisibilityFeature, tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { readStored, writeStored } from '../lib/storage'
import { fitting, leastOf, type Column } from './column'

/** Of every line, left and right. */
const padding = 32

const features = tableFeatures({ columnVisibilityFeature })

/** Which columns a table shows: those the person chose, which is remembered under the name, as far as there is room for them. */
export function useColumns<Row extends object>(options: {
  name: string
  columns: Column<Row>[]
  rows: Row[]
  getId: (row: Row) => string
  /** Grid tracks before the columns. */
  before: string[]
  /** The width there is; 0 before it is known. */
  width: number
  /** Every row is a card: all columns that were chosen are shown. */
  cards: boolean
}) {
  const { name, columns, before, width, cards } = options
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () => columns.map((c) => ({ id: c.id, header: c.header, cell: (cell) => c.cell(cell.row.original) })),
    [columns],
  )
  const [visibility, setVisibility] = useState<Record<string, boolean>>(() =>
    readStored(`columns.${name}`, Object.fromEntries(columns.filter((c) => c.hidden).map((c) => [c.id, false]))),
  )
  const table = useTable({
    features,
    columns: definitions,
    data: options.rows,
    getRowId: options.getId,
    state: { columnVisibility: visibility },
    onColumnVisibilityChange: (update) => {
      const next = typeof update === 'function' ? update(visibility) : update
      setVisibility(next)
      writeStored(`columns.${name}`, next)
    },
  })
  const isVisible = (id: string) => table.getColumn(id)?.getIsVisible() ?? true
  const asked = columns.filter((c) => isVisible(c.id))
  const shown = cards || width === 0 ? asked : fitting(asked, width - padding - leastOf([...before, '0px']))
  const tracks = [...before, ...shown.map((c) => c.width)]
  return {
    shown,
    isVisible,
    toggle: (id: string) => table.getColumn(id)?.toggleVisibility(),
    count: tracks.length,
    // Head and rows are lines of their own: the same template and the same least width keep them in step.
    template: tracks.join(' '),
    leastWidth: cards ? undefined : leastOf(tracks) + padding,
  }
}
