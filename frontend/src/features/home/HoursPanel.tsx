import { Suspense, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { lazyPart } from '../../ui/lazyPart'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { OrdersPerHourDocument, type OrdersPerHourQuery } from './home.generated'
import classes from './Panels.module.css'
import { series } from './series'
import { useRefreshOnMoves } from './useRefreshOnMoves'

const HoursChart = lazyPart(() => import('./HoursChart').then((m) => m.HoursChart))

/** Orders per hour as a chart, or as a table for those who read rather than look. */
export function HoursPanel() {
  const [{ data, error }, read] = useReading({ query: OrdersPerHourDocument, requestPolicy: 'cache-and-network' })
  useRefreshOnMoves(() => read({ requestPolicy: 'network-only' }), 10_000)
  const [asTable, setAsTable] = useState(false)
  const hours = data?.ordersPerHour
  return (
    <Section
      title={t.home.hoursIn(zone)}
      panel
      aside={
        <button type="button" className={classes.plain} onClick={() => setAsTable(!asTable)}>
          {asTable ? t.home.asChart : t.home.asTable}
        </button>
      }
    >
      {error && !hours ? (
        <ProblemNote problem={toProblem(error)} />
      ) : hours && isQuiet(hours) ? (
        <EmptyNote title={t.home.quiet} hint={t.home.quietHint} />
      ) : asTable && hours ? (
        <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.home.hours}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t.home.hour}</th>
                {series.map((s) => (
                  <th key={s.key} scope="col">
                    {s.word}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {hours.toReversed().map((hour) => (
                <tr key={hour.at}>
                  <th scope="row">{hourWord(hour.at)}</th>
                  {series.map((s) => (
                    <td key={s.key}>{formatNumber(hour[s.key])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div
          className={classes.chart}
          role={hours ? 'img' : undefined}
          aria-label={hours ? `${t.home.hours}, ${t.home.hoursHint}` : undefined}
        >
          <Suspense fallback={<Skeleton lines={6} />}>
            {hours ? <HoursChart hours={hours.map((h) => ({ ...h, hour: hourWord(h.at) }))} /> : <Skeleton lines={6} />}
          </Suspense>
        </div>
      )}
      <ul className={classes.legend}>
        {series.map((s) => (
          <li key={s.key}>
            <i style={{ background: `var(--tone-${s.tone}-solid)` }} />
            {s.word}
          </li>
        ))}
      </ul>
    </Section>
  )
}

const zone = new Intl.DateTimeFormat(undefined).resolvedOptions().timeZone

function isQuiet(hours: OrdersPerHourQuery['ordersPerHour']): boolean {
  return hours.every((hour) => series.every((s) => hour[s.key] === 0))
}

function hourWord(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
}
