import { t } from '../../lib/texts'
import type { RiskMatrixItemPartsFragment, RiskMatrixQuery } from './risk.generated'

export type Matrix = RiskMatrixQuery['riskMatrix']
export type MatrixCell = Matrix['cells'][number]

/** So many entitlements are drawn at most; the list has all. */
export const mostDrawn = 40

/** What an entitlement is called: what its property points to, else the property. */
export const itemName = (item: RiskMatrixItemPartsFragment | undefined): string =>
  item ? (item.resourceDisplayName ?? item.propertyDisplayName) : ''

export const pairName = (matrix: Matrix, cell: MatrixCell): string =>
  cell.first === cell.second
    ? itemName(matrix.items[cell.first])
    : t.risk.pair(itemName(matrix.items[cell.first]), itemName(matrix.items[cell.second]))

export const cellWords = (cell: MatrixCell): string =>
  cell.first === cell.second ? t.risk.aloneWords(cell.both) : t.risk.cellWords(cell.both, cell.could)

/** The cell where two entitlements meet, whichever stands first. */
export const cellAt = (matrix: Matrix, row: number, column: number): MatrixCell | undefined =>
  matrix.cells.find((c) => c.first === Math.min(row, column) && c.second === Math.max(row, column))

/** Where a key leads from a cell: only cells that hold something are gone to, along the row or the column. */
export function nextCell(
  matrix: Matrix,
  drawn: number,
  at: { row: number; column: number },
  key: string,
): { row: number; column: number } | null {
  const step: Partial<Record<string, [number, number]>> = {
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowDown: [1, 0],
    ArrowUp: [-1, 0],
  }
  const way = step[key]
  if (!way) return null
  const [down, right] = way
  // The nearest cell in that direction: first in the same line, then in the lines beside it.
  for (let off = 0; off < drawn; off++) {
    for (const side of off === 0 ? [0] : [-off, off]) {
      for (let far = 1; far < drawn; far++) {
        const row = at.row + far * down + (down === 0 ? side : 0)
        const column = at.column + far * right + (right === 0 ? side : 0)
        if (row >= 0 && column >= 0 && row < drawn && column < drawn && cellAt(matrix, row, column))
          return { row, column }
      }
    }
  }
  return null
}
