import { Link } from '@tanstack/react-router'
import type { ComponentProps } from 'react'
import { t } from '../lib/texts'
import { BulkProgress, type BulkCounts } from './BulkProgress'
import classes from './BulkUnderWay.module.css'
import { StopBulk } from './StopBulk'

/** Bulk changes that the server carries out now: the page may be left meanwhile. */
export function BulkUnderWay(props: {
  changes: (BulkCounts & { id: string; isMine: boolean })[]
  stop: (id: string) => ReturnType<ComponentProps<typeof StopBulk>['stop']>
  stopping: boolean
}) {
  const { changes, stop, stopping } = props
  if (changes.length === 0) return null
  return (
    <ul className={classes.changes} aria-label={t.bulk.title}>
      {changes.map((change) => (
        <li key={change.id} className={classes.change}>
          <strong>{t.bulk.decisions[change.decision]}</strong>
          <span className={classes.bar}>
            <BulkProgress change={change} />
          </span>
          <span className="num">{t.bulk.numbers(change)}</span>
          <Link to="/bulk/$bulkId" params={{ bulkId: change.id }} className="underlined">
            {t.bulk.follow}
          </Link>
          {change.isMine && <StopBulk stop={() => stop(change.id)} stopping={stopping} />}
        </li>
      ))}
    </ul>
  )
}
