import { Button, Modal } from '@mantine/core'
import { t } from '../../lib/texts'
import { ProgressBar } from '../../ui/ProgressBar'
import classes from './BulkDialog.module.css'
import type { BulkRun } from './useBulk'

/** Progress of a bulk action, and a result for each line that was not done. */
export function BulkDialog(props: {
  title: string
  run: BulkRun
  label: (id: string) => string
  onRetry: (ids: string[]) => void
  onClose: () => void
}) {
  const { title, run, label } = props
  const finished = run.done + run.failed.length
  return (
    <Modal
      opened
      title={title}
      onClose={props.onClose}
      closeOnClickOutside={!run.running}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      <div className={classes.box}>
        <ProgressBar
          value={run.total === 0 ? 1 : finished / run.total}
          label={title}
          moving={run.running}
          tone={run.running ? 'blue' : run.failed.length ? 'amber' : 'green'}
        />
        <p role="status">
          {run.running ? t.manual.bulkProgress(finished, run.total) : t.manual.bulkResult(run.done, run.failed.length)}
        </p>
        {run.failed.length > 0 && (
          <ul className={classes.failed} aria-label={t.order.bulkFailed(run.failed.length, run.total)} tabIndex={0}>
            {run.failed.slice(0, 200).map((f) => (
              <li key={f.id}>
                <strong>{label(f.id)}</strong>
                <span>{f.message}</span>
              </li>
            ))}
          </ul>
        )}
        {!run.running && (
          <div className={classes.buttons}>
            {run.failed.length > 0 && (
              <Button variant="default" onClick={() => props.onRetry(run.failed.map((f) => f.id))}>
                {t.manual.retryFailed(run.failed.length)}
              </Button>
            )}
            <Button onClick={props.onClose} data-autofocus>
              {t.common.close}
            </Button>
          </div>
        )}
      </div>
    </Modal>
  )
}
