import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { t } from '../lib/texts'
import { CopyButton } from './CopyButton'
import classes from './Notes.module.css'

/** An error: what, why, what now, and an id to copy. */
export function ProblemNote(props: {
  problem: { code: string; message: string; id?: string; others?: { message: string }[] }
  onRetry?: () => void
  title?: string
}) {
  const { problem, onRetry, title = t.problem.title } = props
  return (
    <div className={classes.problem} role="alert">
      <IconAlertTriangle size={18} aria-hidden className={classes.problemIcon} />
      <div className={classes.problemBody}>
        <strong>{title}</strong>
        {problem.others?.length ? (
          <ul className={classes.problemList}>
            {[problem, ...problem.others].map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        ) : (
          <p>{problem.message}</p>
        )}
        <p className="dim">{t.problem.what[problem.code] ?? t.problem.what.INTERNAL}</p>
        <p className={classes.problemFoot}>
          {problem.id && (
            <span className={classes.inline}>
              <span className="dim">{t.problem.id}</span> <code>{problem.id}</code>
              <CopyButton text={problem.id} what={t.problem.id} />
            </span>
          )}
          {onRetry && (
            <Button variant="default" onClick={onRetry}>
              {t.common.retry}
            </Button>
          )}
        </p>
      </div>
    </div>
  )
}
