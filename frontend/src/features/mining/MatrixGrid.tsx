import { useComputedColorScheme } from '@mantine/core'
import { useElementSize, useMergedRef } from '@mantine/hooks'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { cellOf, moved, type At, type Cell } from './matrix'
import classes from './MatrixGrid.module.css'
import type { MatrixRowFragment } from './MiningMatrix.generated'

/** Width and height of a cell, in px. */
const size = 20
/** Sharper than so many px for each is not drawn. */
const sharpest = 2

/**
 * People by roles, drawn: only what is in view, however many there are. What a screen reader hears is the cell that the keys are on; all of it as text
 * is the list of proposals.
 */
export function MatrixGrid(props: {
  roles: { displayName: string }[]
  rows: MatrixRowFragment[]
  at: At | null
  onAt: (at: At) => void
  onOpen: (at: At) => void
}) {
  const { roles, rows, at, onAt, onOpen } = props
  const scheme = useComputedColorScheme('light')
  const { ref: measured, width, height } = useElementSize()
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const attach = useMergedRef(measured, scroller)
  const [{ x, y }, setOffset] = useState({ x: 0, y: 0 })
  const firstRow = Math.floor(y / size)
  const lastRow = Math.min(rows.length, Math.ceil((y + height) / size))
  const firstColumn = Math.floor(x / size)
  const lastColumn = Math.min(roles.length, Math.ceil((x + width) / size))

  useLayoutEffect(() => {
    const element = canvas.current
    const pen = element?.getContext('2d')
    if (!element || !pen || width === 0 || height === 0) return
    const sharp = Math.min(sharpest, window.devicePixelRatio || 1)
    element.width = width * sharp
    element.height = height * sharp
    pen.setTransform(sharp, 0, 0, sharp, 0, 0)
    draw(pen, colours(element), { rows, x, y, firstRow, lastRow, firstColumn, lastColumn, at, width, height })
  }, [rows, x, y, firstRow, lastRow, firstColumn, lastColumn, at, width, height, scheme])

  // The cell that is chosen is in view.
  useEffect(() => {
    const box = scroller.current
    if (!box || !at) return
    const [left, top] = [at.column * size, at.row * size]
    if (left < box.scrollLeft) box.scrollLeft = left
    else if (left + size > box.scrollLeft + box.clientWidth) box.scrollLeft = left + size - box.clientWidth
    if (top < box.scrollTop) box.scrollTop = top
    else if (top + size > box.scrollTop + box.clientHeight) box.scrollTop = top + size - box.clientHeight
  }, [at])

  return (
    <div className={classes.frame}>
      <div className={classes.heads} aria-hidden>
        {roles.slice(firstColumn, lastColumn).map((role, i) => {
          const column = firstColumn + i
          return (
            <span
              key={column}
              className={cx(classes.head, at?.column === column && classes.chosen)}
              style={{ left: column * size - x }}
              title={role.displayName}
            >
              {role.displayName}
            </span>
          )
        })}
      </div>
      <div className={classes.names} aria-hidden>
        {rows.slice(firstRow, lastRow).map(({ person }, i) => {
          const row = firstRow + i
          return (
            <span
              key={person.id}
              className={cx(classes.name, at?.row === row && classes.chosen)}
              style={{ top: row * size - y }}
            >
              <span>{person.displayName}</span>
              <span className="dim">{person.key}</span>
            </span>
          )
        })}
      </div>
      <canvas ref={canvas} className={classes.canvas} style={{ width, height }} aria-hidden />
      <div
        ref={attach}
        className={classes.scroller}
        tabIndex={0}
        role="group"
        aria-label={t.mining.matrix.of(rows.length, roles.length)}
        onScroll={(event) => setOffset({ x: event.currentTarget.scrollLeft, y: event.currentTarget.scrollTop })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && at) {
            event.preventDefault()
            return onOpen(at)
          }
          const next = moved(event.key, at, rows.length, roles.length, Math.max(1, Math.floor(height / size) - 1))
          if (!next) return
          event.preventDefault()
          onAt(next)
        }}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const column = Math.floor((event.clientX - box.left + x) / size)
          const row = Math.floor((event.clientY - box.top + y) / size)
          if (column < roles.length && row < rows.length) onAt({ row, column })
        }}
      >
        <div style={{ width: roles.length * size, height: rows.length * size }} />
      </div>
    </div>
  )
}

interface Drawing {
  rows: MatrixRowFragment[]
  x: number
  y: number
  firstRow: number
  lastRow: number
  firstColumn: number
  lastColumn: number
  at: At | null
  width: number
  height: number
}

type Colours = Record<Cell | 'line' | 'chosen', string>

/** Those of the theme, as the element has them. */
function colours(element: HTMLElement): Colours {
  const style = getComputedStyle(element)
  const of = (name: string) => style.getPropertyValue(name)
  return {
    explained: of('--tone-green-solid'),
    given: of('--tone-amber-solid'),
    unexplained: of('--w-text'),
    line: of('--w-border'),
    chosen: of('--w-accent'),
  }
}

function draw(pen: CanvasRenderingContext2D, look: Colours, d: Drawing) {
  pen.clearRect(0, 0, d.width, d.height)
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  pen.beginPath()
  const [right, bottom] = [d.lastColumn * size - d.x, d.lastRow * size - d.y]
  for (let row = d.firstRow; row <= d.lastRow; row++) {
    pen.moveTo(0, row * size - d.y + 0.5)
    pen.lineTo(right, row * size - d.y + 0.5)
  }
  for (let column = d.firstColumn; column <= d.lastColumn; column++) {
    pen.moveTo(column * size - d.x + 0.5, 0)
    pen.lineTo(column * size - d.x + 0.5, bottom)
  }
  pen.stroke()
  for (let row = d.firstRow; row < d.lastRow; row++) {
    for (let column = d.firstColumn; column < d.lastColumn; column++) {
      const cell = cellOf(d.rows, { row, column })
      if (cell) mark(pen, look, cell, column * size - d.x, row * size - d.y)
    }
  }
  if (d.at) {
    pen.strokeStyle = look.chosen
    pen.lineWidth = 2
    pen.strokeRect(d.at.column * size - d.x + 1, d.at.row * size - d.y + 1, size - 1, size - 1)
  }
}

/** A form for each kind, beside its colour. */
function mark(pen: CanvasRenderingContext2D, look: Colours, cell: Cell, x: number, y: number) {
  if (cell === 'explained') {
    pen.fillStyle = look.explained
    pen.fillRect(x + 3, y + 3, size - 5, size - 5)
    return
  }
  pen.strokeStyle = look[cell]
  pen.lineWidth = 2
  pen.beginPath()
  if (cell === 'given') pen.arc(x + size / 2 + 0.5, y + size / 2 + 0.5, 5.5, 0, 2 * Math.PI)
  else {
    pen.moveTo(x + 6, y + 6)
    pen.lineTo(x + size - 5, y + size - 5)
    pen.moveTo(x + size - 5, y + 6)
    pen.lineTo(x + 6, y + size - 5)
  }
  pen.stroke()
}
