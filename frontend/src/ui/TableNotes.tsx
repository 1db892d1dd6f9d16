import type { ReactNode } from 'react'
import { t } from '../lib/texts'
import classes from './Table.module.css'

/** What stands in a table instead of rows. */
export function TableNotice({ children }: { children: ReactNode }) {
  return (
    <div role="rowgroup">
      <div role="row">
        <div role="gridcell" className={classes.notice}>
          {children}
        </div>
      </div>
    </div>
  )
}

/** Ghosts of rows, until the first ones are here. */
export function TableGhosts({ template, columns }: { template: string; columns: number }) {
  return (
    <div role="rowgroup">
      <div role="row" className="sr-only">
        <span role="gridcell">{t.common.loading}</span>
      </div>
      <div aria-hidden>
        {Array.from({ length: 14 }, (_, row) => (
          <div key={row} className={classes.ghost} style={{ gridTemplateColumns: template }}>
            {Array.from({ length: columns }, (_, cell) => (
              <span key={cell}>
                <i style={{ width: `${[70, 55, 40, 62, 48][(row + cell) % 5]}%` }} />
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}
