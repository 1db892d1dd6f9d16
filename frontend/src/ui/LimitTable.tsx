import type { Limit } from '../lib/blockedLimits'
import { t } from '../lib/texts'
import classes from './LimitTable.module.css'

/** What exceeded which limit. */
export function LimitTable({ limits }: { limits: Limit[] }) {
  return (
    <table className={classes.limits}>
      <thead>
        <tr>
          <th scope="col">{t.job.counter}</th>
          <th scope="col">{t.job.counted}</th>
          <th scope="col">{t.job.limit}</th>
        </tr>
      </thead>
      <tbody>
        {limits.map((limit) => (
          <tr key={`${limit.name} ${limit.limit}`}>
            <td>{limit.name}</td>
            <td className={classes.over}>{limit.counted}</td>
            <td>{limit.limit}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
