import { Link } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import type { Tone } from '../../lib/tones'
import { EmptyNote } from '../../ui/EmptyNote'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ReconciliationFiguresDocument } from './FiguresTab.generated'
import classes from './Figures.module.css'

interface Part {
  key: string
  word: string
  tone: Tone
}

interface Line {
  system: string | null
  systemName: string | null
  total: number
  counts: Record<string, number>
}

const ages: Part[] = [
  { key: 'day', word: t.reconcile.figures.day, tone: 'green' },
  { key: 'week', word: t.reconcile.figures.week, tone: 'blue' },
  { key: 'month', word: t.reconcile.figures.month, tone: 'violet' },
  { key: 'quarter', word: t.reconcile.figures.quarter, tone: 'amber' },
  { key: 'older', word: t.reconcile.figures.older, tone: 'red' },
]

const origins: Part[] = [
  { key: 'automatic', word: t.reconcile.figures.automatic, tone: 'green' },
  { key: 'manual', word: t.reconcile.figures.manual, tone: 'amber' },
  { key: 'found', word: t.reconcile.figures.found, tone: 'red' },
]

/** What waits, by system and age, and how accounts came to be. The drawing is a column of the table that says the same. */
export function FiguresTab() {
  const [{ data, error }, read] = useReading({
    query: ReconciliationFiguresDocument,
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useReconciliationChanges(reload)
  if (error) return <ProblemNote problem={toProblem(error)} onRetry={reload} />
  if (!data) return <Skeleton lines={8} />
  const byAge = data.differencesByAge.map(({ system, systemName, total, day, week, month, quarter, older }) => ({
    system,
    systemName,
    total,
    counts: { day, week, month, quarter, older },
  }))
  const byOrigin = data.coverageBySystem.map(({ system, systemName, total, automatic, manual, found }) => ({
    system,
    systemName,
    total,
    counts: { automatic, manual, found },
  }))
  return (
    <div className={classes.figures}>
      <Figure title={t.reconcile.figures.byAge} parts={ages} lines={byAge} empty={t.reconcile.figures.noDifferences} />
      <Figure
        title={t.reconcile.figures.coverage}
        parts={origins}
        lines={byOrigin}
        share
        empty={t.reconcile.figures.noAccounts}
      />
    </div>
  )
}

function Figure(props: { title: string; parts: Part[]; lines: Line[]; share?: boolean; empty: string }) {
  const { title, parts, lines } = props
  if (lines.length === 0) {
    return (
      <Section title={title}>
        <EmptyNote title={props.empty} />
      </Section>
    )
  }
  const largest = Math.max(...lines.map((line) => line.total))
  return (
    <Section title={title}>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.reconcile.figures.system}>
        <table className={classes.table} aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{t.reconcile.figures.system}</th>
              <th className={classes.drawn}>
                <span className="sr-only">{t.reconcile.figures.drawing}</span>
              </th>
              {parts.map((part) => (
                <th key={part.key} scope="col" className={classes.number}>
                  <i style={{ background: `var(--tone-${part.tone}-solid)` }} aria-hidden /> {part.word}
                </th>
              ))}
              <th scope="col" className={classes.number}>
                {t.reconcile.figures.total}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.system ?? ''}>
                <th scope="row">
                  {line.system === null ? (
                    t.reconcile.figures.noSystem
                  ) : (
                    <Link
                      to="/reconcile/resources"
                      search={{ view: 'rows', systems: [line.system] }}
                      className="underlined"
                    >
                      {line.systemName}
                    </Link>
                  )}
                </th>
                <td className={classes.drawn} aria-hidden>
                  <span
                    className={classes.bar}
                    style={{ width: `${props.share ? 100 : (100 * line.total) / Math.max(1, largest)}%` }}
                  >
                    {parts.map((part) => {
                      const count = line.counts[part.key] ?? 0
                      return (
                        count > 0 && (
                          <span
                            key={part.key}
                            style={{ flexGrow: count, background: `var(--tone-${part.tone}-solid)` }}
                          />
                        )
                      )
                    })}
                  </span>
                </td>
                {parts.map((part) => (
                  <td key={part.key} className={classes.number}>
                    {formatNumber(line.counts[part.key] ?? 0)}
                    {props.share && line.total > 0 && (
                      <span className={classes.share}>
                        {t.reconcile.figures.percent((line.counts[part.key] ?? 0) / line.total)}
                      </span>
                    )}
                  </td>
                ))}
                <td className={classes.number}>{formatNumber(line.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
