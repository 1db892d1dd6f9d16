import { Link } from '@tanstack/react-router'
import { formatExact } from '../../lib/format'
import { orderKinds } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import classes from './Departure.module.css'
import type { DepartureRowFragment } from './departure.generated'
import { outcomeLooks } from './looks'

/** What somebody has or had, row by row; `ahead`: nothing has happened yet. */
export function DepartureRows(props: { personId: string; rows: readonly DepartureRowFragment[]; ahead?: boolean }) {
  return (
    <ul className={classes.rows}>
      {props.rows.map((row, index) => {
        const look = outcomeLooks[row.outcome]
        return (
          <li key={`${row.kind} ${row.name} ${index}`}>
            <div className={classes.what}>
              <strong>{row.name}</strong>
              <span className="dim">
                {[t.departure.kind[row.kind], row.type, row.system].filter(Boolean).join(' · ')}
                {row.isManual && ` · ${t.departure.ticket}`}
              </span>
              {row.why && <span className="dim">{row.why}</span>}
            </div>
            <div>
              {(!props.ahead || row.outcome === 'TO_LOOK_AT') && (
                <Badge tone={look.tone} icon={look.icon} word={look.word} />
              )}
            </div>
            {!props.ahead && (
              <div className={classes.when}>
                {row.action && row.orderId && (
                  <Link
                    to="/person/$id/orders/$orderId"
                    params={{ id: props.personId, orderId: row.orderId }}
                    title={t.departure.order}
                  >
                    {orderKinds[row.action]}
                  </Link>
                )}
                {row.executedAt && (
                  <span>
                    {t.departure.executed} {formatExact(row.executedAt)} {row.by && t.departure.by(row.by)}
                  </span>
                )}
                {row.verifiedAt && row.verifiedAt !== row.executedAt && (
                  <span>
                    {t.departure.verified} {formatExact(row.verifiedAt)}
                  </span>
                )}
              </div>
            )}
          </li>
        )
      })}
    </ul>
  )
}
