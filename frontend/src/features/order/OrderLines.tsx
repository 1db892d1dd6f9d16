import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { formatExact, formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { Diff } from '../../ui/Diff'
import { StateBadge } from '../../ui/StateBadge'
import type { OrderLinesFragment } from './OrderLines.generated'
import classes from './OrderLines.module.css'

/** The lines of an order: current and proposed value, state, and why. */
export function OrderLines(props: {
  lines: OrderLinesFragment[]
  /** Drawn at the left of each line, e.g. a decision. */
  lead?: (line: OrderLinesFragment) => ReactNode
  /** The state of a line is left out where all are the same. */
  quietState?: boolean
  /** Said once above: not repeated on every line. */
  orderError?: string
}) {
  return (
    <ul className={classes.lines}>
      {props.lines.map((line) => (
        <li key={line.id} className={cx(props.lead && classes.withLead)}>
          {props.lead?.(line)}
          <div className={classes.body}>
            <div className={classes.top}>
              <span className={classes.name}>{lineName(line)}</span>
              {line.isChanged && (
                <span className={classes.changed} title={t.review.changed}>
                  <IconAlertTriangle size={13} aria-hidden /> {t.review.changed}
                </span>
              )}
              {!props.quietState && <StateBadge state={line.state} />}
            </div>
            {(line.property !== null || line.currentValue || line.proposedValue) && (
              <Diff before={line.currentValue} after={line.proposedValue} />
            )}
            <div className={classes.meta}>
              <span>{t.workflowState[line.workflow]}</span>
              {line.confidence != null && line.confidence < 100 && (
                <span>
                  {t.order.confidence} {line.confidence} %
                </span>
              )}
              {(line.startDate || line.endDate) && (
                <span className="num">{formatPeriod(line.startDate, line.endDate)}</span>
              )}
              {line.postponedAt && <span title={formatExact(line.postponedAt)}>{t.review.postponed}</span>}
              {line.waits && <span>{t.waitReason[line.waits]}</span>}
              {line.reasons.length > 0 && (
                <details className={classes.why}>
                  <summary>{t.order.why}</summary>
                  <ul>
                    {line.reasons.map((reason) => (
                      <li key={reason}>{reason}</li>
                    ))}
                  </ul>
                </details>
              )}
            </div>
            {line.error && line.error !== props.orderError && <p className={classes.error}>{line.error}</p>}
          </div>
        </li>
      ))}
    </ul>
  )
}

/** The property, or the target itself. */
export function lineName(line: { property?: string | null; propertyDisplayName: string }): string {
  return line.property == null ? line.propertyDisplayName || t.order.lineExistence : line.propertyDisplayName
}
