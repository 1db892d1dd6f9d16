import { IconArrowRight } from '@tabler/icons-react'
import { formatFile } from '../lib/format'
import { t } from '../lib/texts'
import classes from './Diff.module.css'

/** What it is and what it shall be. */
export function Diff({ before, after }: { before: string | null | undefined; after: string | null | undefined }) {
  const gone = after === null || after === undefined || after === ''
  const fresh = before === null || before === undefined || before === ''
  return (
    <span className={classes.diff}>
      {!fresh && (
        <del className={before === after ? classes.same : undefined}>
          <span className="sr-only">{t.order.current}: </span>
          {formatFile(before)}
        </del>
      )}
      {!fresh && <IconArrowRight size={13} aria-hidden className={classes.arrow} />}
      {gone ? (
        <em className="dim">{fresh ? t.common.empty : t.common.nothing}</em>
      ) : (
        <ins>
          <span className="sr-only">{t.order.proposed}: </span>
          {formatFile(after)}
        </ins>
      )}
    </span>
  )
}
