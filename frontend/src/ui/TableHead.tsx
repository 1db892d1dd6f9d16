import { Checkbox } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { t } from '../lib/texts'
import type { Column } from './column'
import { cx } from './cx'
import classes from './Table.module.css'

/** The head of a table: it stays when the rows scroll. */
export function TableHead<Row>(props: {
  columns: Column<Row>[]
  template: string
  leastWidth: number | undefined
  /** The box that takes all shown rows in or out. */
  check?: { checked: boolean; indeterminate: boolean; disabled: boolean; onChange: () => void }
  hasLead: boolean
  sort?: string
  onSort?: (sort: string) => void
}) {
  return (
    <div
      className={classes.head}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: props.template, minWidth: props.leastWidth }}
    >
      {props.check && (
        <span role="columnheader" className={classes.check}>
          <Checkbox aria-label={t.table.selectAll} {...props.check} />
        </span>
      )}
      {props.hasLead && (
        <span role="columnheader">
          <span className="sr-only">{t.common.details}</span>
        </span>
      )}
      {props.columns.map((c) => (
        <HeadCell key={c.id} column={c} sort={props.sort} onSort={props.onSort} />
      ))}
    </div>
  )
}

function HeadCell<Row>(props: { column: Column<Row>; sort?: string; onSort?: (sort: string) => void }) {
  const { column, sort, onSort } = props
  const { up, down } = column.sort ?? {}
  const state = sort && sort === up ? 'ascending' : sort && sort === down ? 'descending' : 'none'
  const next = state === 'descending' ? (up ?? down) : (down ?? up)
  const className = cx(classes.headCell, column.align === 'right' && classes.right)
  if (!next || !onSort)
    return (
      <span role="columnheader" className={className}>
        <span className="cut">{column.header}</span>
      </span>
    )
  return (
    <span role="columnheader" aria-sort={state} className={className}>
      <button type="button" title={t.table.sortBy(column.header)} onClick={() => onSort(next)}>
        <span className="cut">{column.header}</span>
        {state === 'ascending' && <IconArrowUp size={12} aria-hidden />}
        {state === 'descending' && <IconArrowDown size={12} aria-hidden />}
      </button>
    </span>
  )
}
