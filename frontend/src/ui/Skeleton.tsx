import { t } from '../lib/texts'
import classes from './Notes.module.css'

/** Grey lines where content will stand. */
export function Skeleton({ lines = 4, label = t.common.loading }: { lines?: number; label?: string }) {
  return (
    <div className={classes.skeleton} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} style={{ width: `${[92, 78, 85, 64, 88, 71][i % 6]}%` }} />
      ))}
    </div>
  )
}
