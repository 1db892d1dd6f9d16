import { formatName, formatValue } from '../../lib/format'
import { t } from '../../lib/texts'
import classes from './Job.module.css'

/** Counters by name; zeros are left out. */
export function CounterList({ counters }: { counters: unknown }) {
  const entries = Object.entries((counters ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== 0 && value !== null,
  )
  if (entries.length === 0) return <span />
  return (
    <span className={classes.counters}>
      {entries.map(([name, value]) => (
        <span key={name}>
          {t.job.counterWord[name] ?? formatName(name)} <b className="num">{formatValue(value)}</b>
        </span>
      ))}
    </span>
  )
}
