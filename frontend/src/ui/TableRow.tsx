import { Checkbox } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { t } from '../lib/texts'
import type { Column } from './column'
import { cx } from './cx'
import classes from './Table.module.css'

/** How a row looks at this moment. */
export interface RowLook {
  isActive: boolean
  isOpened: boolean
  isFlashing: boolean
  isFaint: boolean
}

/** One row of a table; on small screens a card. */
export function TableRow<Row>(props: {
  row: Row
  columns: Column<Row>[]
  domId: string
  /** Its place in the list, from 0, and on the page. */
  index: number
  start: number
  /** Not given: a card. */
  template?: string
  look: RowLook
  /** Not given: rows cannot be selected. */
  picked?: boolean
  onPick: (range: boolean) => void
  lead?: ReactNode
  onOpen?: () => void
  /** Measures the height of a card. */
  measure?: (element: HTMLDivElement | null) => void
}) {
  const { row, columns, domId, index, start, template, look, picked, onPick, lead, onOpen, measure } = props
  const open = (event: MouseEvent) => {
    if (!onOpen || (event.target as HTMLElement).closest('a, button, input, label, [data-no-open]')) return
    if (window.getSelection()?.toString()) return
    onOpen()
  }
  return (
    <div
      id={domId}
      ref={measure}
      data-index={index}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={picked}
      className={cx(
        classes.row,
        look.isActive && classes.active,
        look.isOpened && classes.opened,
        picked && classes.picked,
        look.isFlashing && classes.flash,
        onOpen && classes.clickable,
        look.isFaint && classes.faint,
      )}
      style={{ transform: `translateY(${start}px)`, gridTemplateColumns: template }}
      onClick={open}
    >
      {picked !== undefined && (
        <span role="gridcell" className={classes.check}>
          <Checkbox
            aria-label={t.table.select}
            checked={picked}
            tabIndex={-1}
            onChange={(event) => onPick((event.nativeEvent as globalThis.MouseEvent).shiftKey)}
          />
        </span>
      )}
      {lead !== undefined && (
        <span role="gridcell" className={classes.lead}>
          {lead}
        </span>
      )}
      {columns.map((c, place) => (
        <span
          key={c.id}
          role="gridcell"
          className={cx(
            classes.cell,
            c.align === 'right' && classes.right,
            place === 0 && classes.first,
            c.noCard && classes.noCard,
          )}
          data-label={c.header}
        >
          {c.cell(row)}
        </span>
      ))}
    </div>
  )
}
