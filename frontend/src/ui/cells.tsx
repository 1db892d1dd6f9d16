import type { ReactNode } from 'react'
import { formatNumber } from '../lib/format'
import classes from './cells.module.css'
import { cx } from './cx'

/** Two texts in one cell: what, and something about it. */
export function Stack({ main, sub }: { main: ReactNode; sub?: ReactNode }) {
  return (
    <span className={classes.stack}>
      <span className="cut">{main}</span>
      {sub ? <span className={cx('cut', 'dim')}>{sub}</span> : null}
    </span>
  )
}

/** Counts with thin grouping, right-aligned. */
export function Count({ value }: { value: number }) {
  return <span className={cx('num', value === 0 && 'dim')}>{formatNumber(value)}</span>
}
