import type { CSSProperties } from 'react'
import { formatDay, formatLastDay, formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { useNow } from '../../ui/RelativeTime'
import type { PersonContextsQuery } from './directory.generated'
import { instances, type Instance, type Period } from './instanceLine'
import classes from './Tab.module.css'
import { timeLine } from './timeLine'

type Contexts = NonNullable<PersonContextsQuery['resource']>['contexts']

/** What a person is over time: each position that counts, which of them is the main one, and the values of each dimension. */
export function ContextLine({ contexts }: { contexts: Contexts }) {
  const now = useNow()
  const line = timeLine(contexts, now)
  const things = instances(contexts)
  const place = ({ from, to }: Period): CSSProperties => {
    const left = from ? line.percent(Date.parse(from)) : 0
    return { left: `${left}%`, width: `${Math.max(0.5, (to ? line.percent(Date.parse(to)) : 100) - left)}%` }
  }
  return (
    <div className={classes.line}>
      <p className="dim">{things.length > 0 ? t.person.sectionHint : t.person.contextHint}</p>
      <div className={classes.scale}>
        <span>{line.from === null ? t.common.openEnd : formatDay(new Date(line.from).toISOString())}</span>
        <span>{line.to === null ? t.common.openEnd : formatLastDay(new Date(line.to).toISOString())}</span>
      </div>
      {things.map((x) => (
        <div key={x.id} className={classes.lane} aria-hidden="true">
          <h2>{[x.section, x.isGap ? t.person.gap : x.label].join(' ')}</h2>
          <div className={classes.track}>
            {x.periods.map((p) => (
              <span key={p.from} className={cx(classes.span, classes.part)} style={place(p)} title={words(p)}>
                {x.isGap && x.label ? t.person.lent(x.label) : ''}
              </span>
            ))}
            {x.main.map((p) => (
              <span
                key={p.from}
                className={cx(classes.span, x.isGap && classes.lent)}
                style={place(p)}
                title={words(p)}
              >
                {x.isGap ? (x.label ? t.person.lent(x.label) : '') : several(things, x) ? t.person.main : ''}
              </span>
            ))}
            <span className={classes.now} style={{ left: `${line.now}%` }} />
          </div>
        </div>
      ))}
      {line.lanes.map((lane) => (
        <div key={lane.dimension + String(lane.row)} className={cx(classes.lane, lane.row > 0 && classes.again)}>
          <h2 className={lane.row > 0 ? 'sr-only' : undefined}>{lane.dimension}</h2>
          <div className={classes.track}>
            {lane.spans.map((span) => (
              <span
                key={`${span.left} ${span.label}`}
                className={classes.span}
                style={{ left: `${span.left}%`, width: `${span.width}%` }}
                title={`${span.label}, ${words(span)}`}
              >
                {span.label}
                <span className="sr-only">, {words(span)}</span>
              </span>
            ))}
            <span className={classes.now} style={{ left: `${line.now}%` }} title={t.common.now} />
          </div>
        </div>
      ))}
      {things.length > 0 && <InWords things={things} />}
    </div>
  )
}

/** Whether there are others of the section, of which one has to be the main one. */
const several = (all: Instance[], x: Instance) => all.some((y) => y !== x && !y.isGap && y.section === x.section)

const words = (p: Period) => formatPeriod(p.from, p.to) || t.common.openEnd

/** The same in words, for whoever does not look at drawings. */
function InWords({ things }: { things: Instance[] }) {
  return (
    <ul className="sr-only" aria-label={t.person.sectionsInWords}>
      {things.map((x) => (
        <li key={x.id}>
          {t.person.instance(
            [x.section, x.isGap ? t.person.gap : x.label].join(' '),
            x.periods.map(words).join('; '),
            x.isGap
              ? x.label
                ? t.person.lent(x.label)
                : ''
              : several(things, x)
                ? t.person.mainIn(x.main.map(words).join('; '))
                : '',
          )}
        </li>
      ))}
    </ul>
  )
}
