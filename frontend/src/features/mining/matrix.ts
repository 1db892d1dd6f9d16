/** What a cell says, by its letter in the answer of the server. */
export type Cell = 'explained' | 'given' | 'unexplained'

const cells: Record<string, Cell> = { '#': 'explained', o: 'given', x: 'unexplained' }

export const cellOf = (rows: readonly { cells: string }[], at: At): Cell | null =>
  cells[rows[at.row]?.cells[at.column] ?? '.'] ?? null

/** A place in a matrix. */
export interface At {
  row: number
  column: number
}

const isWrong = (letter: string | undefined) => letter === 'o' || letter === 'x'

/** The next cell, by columns first, about which the rules decide wrongly; null: there is none. Goes on at the other end. */
export function nextWrong(
  rows: readonly { cells: string }[],
  columns: number,
  from: At | null,
  step: 1 | -1,
): At | null {
  const total = rows.length * columns
  // Down a column, then the next: the wrong cells of one role follow each other.
  const begin = from ? from.column * rows.length + from.row : step > 0 ? -1 : total
  for (let n = 1; n <= total; n++) {
    const at = (((begin + step * n) % total) + total) % total
    const place = { row: at % rows.length, column: Math.floor(at / rows.length) }
    if (isWrong(rows[place.row]?.cells[place.column])) return place
  }
  return null
}

/** Where a key leads from a cell; null: it is no key of the matrix. */
export function moved(key: string, from: At | null, rows: number, columns: number, page: number): At | null {
  const at = from ?? { row: 0, column: 0 }
  const within = (row: number, column: number): At => ({
    row: Math.min(Math.max(row, 0), rows - 1),
    column: Math.min(Math.max(column, 0), columns - 1),
  })
  if (!from && key.startsWith('Arrow')) return at
  switch (key) {
    case 'ArrowUp':
      return within(at.row - 1, at.column)
    case 'ArrowDown':
      return within(at.row + 1, at.column)
    case 'ArrowLeft':
      return within(at.row, at.column - 1)
    case 'ArrowRight':
      return within(at.row, at.column + 1)
    case 'PageUp':
      return within(at.row - page, at.column)
    case 'PageDown':
      return within(at.row + page, at.column)
    case 'Home':
      return within(at.row, 0)
    case 'End':
      return within(at.row, columns - 1)
    default:
      return null
  }
}
