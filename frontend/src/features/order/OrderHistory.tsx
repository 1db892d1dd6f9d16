import { actorName } from '../../lib/actor'
import { formatExact } from '../../lib/format'
import { moveWord } from '../../lib/states'
import { t } from '../../lib/texts'
import { RelativeTime } from '../../ui/RelativeTime'
import { StateBadge } from '../../ui/StateBadge'
import { historyMoves } from './historyMoves'
import type { OrderHistoryFragment } from './OrderHistory.generated'
import type { OrderLinesFragment } from './OrderLines.generated'
import classes from './OrderHistory.module.css'
import { lineName } from './OrderLines'

/** Every move of an order and its lines, newest first, with who made it. */
export function OrderHistory(props: { entries: OrderHistoryFragment[]; lines: OrderLinesFragment[] }) {
  if (props.entries.length === 0) return <p className="dim">{t.order.noHistory}</p>
  const names = new Map(props.lines.map((line) => [line.id, lineName(line)]))
  return (
    <ol className={classes.history}>
      {historyMoves(props.entries).map(
        ([entry, ...others]) =>
          entry && (
            <li key={entry.id}>
              <span className={classes.at} title={formatExact(entry.at)}>
                <RelativeTime at={entry.at} />
              </span>
              <div className={classes.what}>
                <span className={classes.move}>
                  {entry.to ? <StateBadge state={entry.to} /> : null}
                  <span>{moveWord(entry.action)}</span>
                  {others.length > 0 ? (
                    <details className="dim">
                      <summary>{t.order.historyLines(others.length + 1)}</summary>
                      {[entry, ...others]
                        .map((e) => names.get(e.lineId ?? '') ?? '')
                        .filter(Boolean)
                        .join(', ')}
                    </details>
                  ) : (
                    entry.lineId && <span className="dim">{names.get(entry.lineId) ?? ''}</span>
                  )}
                </span>
                <span className="dim">
                  {actorName(entry.actor, entry.actorName)}
                  {entry.comment && `: ${entry.comment}`}
                </span>
              </div>
            </li>
          ),
      )}
    </ol>
  )
}
