import { formatName, formatNumber } from '../lib/format'
import { t } from '../lib/texts'

/** What was counted, by name in camel case; zeros are left out. */
export function CounterList({ counts }: { counts: readonly (readonly [string, number])[] }) {
  return counts
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => (
      <span key={name}>
        {t.job.counterWord[name] ?? formatName(name)} <b className="num">{formatNumber(value)}</b>
      </span>
    ))
}
