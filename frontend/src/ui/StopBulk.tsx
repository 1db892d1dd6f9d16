import { Button } from '@mantine/core'
import { useState } from 'react'
import { t } from '../lib/texts'
import { ConfirmDialog } from './ConfirmDialog'
import { notifyDone, notifyProblem } from './notify'

/** The button that stops a bulk change, after a question. `stop` gives what stood against it. */
export function StopBulk(props: {
  stop: () => Promise<Parameters<typeof notifyProblem>[0] | undefined>
  stopping: boolean
}) {
  const [asking, setAsking] = useState(false)
  const confirm = async () => {
    const problem = await props.stop()
    setAsking(false)
    if (problem) notifyProblem(problem)
    else notifyDone(t.bulk.stopped)
  }
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t.bulk.stop}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t.bulk.stopTitle}
          text={t.bulk.stopText}
          action={t.bulk.stop}
          busy={props.stopping}
          onConfirm={() => void confirm()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
