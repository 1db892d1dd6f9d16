import type { ReactNode } from 'react'

/** A column as data. The first column is the title of the card on small screens. */
export interface Column<Row> {
  id: string
  header: string
  /** A grid track: `140px`, `minmax(120px, 2fr)`. */
  width: string
  cell: (row: Row) => ReactNode
  /** For CSV; without it the column is not exported. */
  text?: (row: Row) => string
  /** Keys and codes that go into every export beside it, whether the column is shown or not. */
  also?: { header: string; text: (row: Row) => string }[]
  /** The values of `sort` that order by this column. */
  sort?: { up?: string; down?: string }
  align?: 'right'
  /** Left out until the person asks for it. */
  hidden?: boolean
  /** Left out on cards. */
  noCard?: boolean
  /** Stays when the list is too narrow for all, e.g. beside a drawer. The first column always stays. */
  lasting?: boolean
}

/** The rows of a table and how to get more of them. */
export interface List<Row> {
  rows: Row[]
  total: number | null
  /** The total is about so many; left out: exact. */
  isEstimate?: boolean
  loading: boolean
  fetching: boolean
  problem: { code: string; message: string; id?: string } | null
  hasMore: boolean
  loadMore: () => void
  refresh: () => void
  /** Brings every row of the filter in portions, for exports, and has the server note it; without it the rows shown are exported. */
  each?: (take: (rows: Row[]) => void, signal: AbortSignal, exportOf: string) => Promise<void>
}

/** What an export holds: the id of each row, the texts of the columns that are shown, and all keys. */
export function exportCells<Row>(
  columns: Column<Row>[],
  isVisible: (id: string) => boolean,
  getId: (row: Row) => string,
) {
  const cells: { header: string; text: (row: Row) => string }[] = [{ header: 'Id', text: getId }]
  for (const column of columns) {
    if (column.text && isVisible(column.id)) cells.push({ header: column.header, text: column.text })
    cells.push(...(column.also ?? []))
  }
  return cells
}

/** For lists that are read whole. */
export function wholeList<Row>(
  rows: Row[] | undefined,
  problem: List<Row>['problem'],
  fetching: boolean,
  refresh: () => void,
): List<Row> {
  return {
    rows: rows ?? [],
    total: rows ? rows.length : null,
    loading: !rows && !problem,
    fetching,
    problem: rows ? null : problem,
    hasMore: false,
    loadMore: () => undefined,
    refresh,
  }
}

const gap = 12

/** The least number of pixels that a grid track takes. */
function least(width: string): number {
  return Number(/(\d+)px/.exec(width)?.[1] ?? 80)
}

/** The least number of pixels that the tracks of a line take, with the gaps between them. */
export function leastOf(widths: string[]): number {
  return widths.reduce((sum, width) => sum + least(width) + gap, -gap)
}

/**
 * The columns that fit into so many pixels: those that need not last go, from the right. Where the lasting ones alone are too
 * wide, the list scrolls sideways.
 */
export function fitting<Row>(columns: Column<Row>[], pixels: number): Column<Row>[] {
  const kept = columns.slice()
  const taken = () => leastOf(kept.map((c) => c.width))
  for (let i = kept.length - 1; i > 0 && taken() > pixels; i--) if (!kept[i]?.lasting) kept.splice(i, 1)
  return kept
}
