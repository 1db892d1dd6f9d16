import { useRef, useState } from 'react'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { LevelBadge } from './LevelBadge'
import { looksOf } from './levelLooks'
import { cellAt, cellWords, itemName, mostDrawn, nextCell, pairName, type Matrix, type MatrixCell } from './matrix'
import classes from './Risk.module.css'

/** Entitlements by entitlements: what is dangerous together has figures and a colour. Arrows go from one such cell to the next. */
export function RiskMatrixGrid({ matrix, onOpen }: { matrix: Matrix; onOpen: (cell: MatrixCell) => void }) {
  const drawn = Math.min(matrix.items.length, mostDrawn)
  const first = matrix.cells.find((c) => c.second < drawn)
  const [at, setAt] = useState(first ? { row: first.first, column: first.second } : null)
  const table = useRef<HTMLTableElement>(null)
  const items = matrix.items.slice(0, drawn)
  const here = at && cellAt(matrix, at.row, at.column)
  return (
    <>
      <p className={classes.note} role="status">
        {here ? (
          <>
            <strong>{pairName(matrix, here)}</strong>: {cellWords(here)} <LevelBadge level={here.level} />
          </>
        ) : (
          t.risk.matrixOf(matrix.items.length)
        )}
      </p>
      <div className={classes.scroller}>
        <table ref={table} className={classes.matrix} aria-label={t.risk.matrix} role="grid">
          <thead>
            <tr>
              <td />
              {items.map((item, column) => (
                <th key={column} scope="col" className={cx(classes.head, at?.column === column && classes.chosen)}>
                  <span>{itemName(item)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item, row) => (
              <tr key={row}>
                <th scope="row" className={cx(classes.side, at?.row === row && classes.chosen)}>
                  {itemName(item)}
                  <span className="dim">{item.resourceTypeDisplayName}</span>
                </th>
                {items.map((_, column) => {
                  const cell = cellAt(matrix, row, column)
                  if (!cell) return <td key={column} aria-hidden className={cx(row === column && classes.own)} />
                  const isAt = at?.row === row && at.column === column
                  return (
                    <td key={column}>
                      <button
                        type="button"
                        className={classes.cell}
                        data-tone={looksOf(cell.level).tone}
                        data-at={`${String(row)} ${String(column)}`}
                        tabIndex={isAt ? 0 : -1}
                        aria-label={`${pairName(matrix, cell)}: ${cellWords(cell)}, ${t.risk.ofLevel(cell.level)}`}
                        onFocus={() => setAt({ row, column })}
                        onClick={() => onOpen(cell)}
                        onKeyDown={(event) => {
                          const next = nextCell(matrix, drawn, { row, column }, event.key)
                          if (!next) return
                          event.preventDefault()
                          table.current
                            ?.querySelector<HTMLElement>(`[data-at="${String(next.row)} ${String(next.column)}"]`)
                            ?.focus()
                        }}
                      >
                        {cell.both == null ? '!' : t.risk.cellFigures(cell.both, cell.could ?? 0)}
                      </button>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={classes.note}>
        {t.risk.matrixHint} {matrix.items.length > drawn && t.risk.moreItems(matrix.items.length - drawn)}
      </p>
    </>
  )
}
