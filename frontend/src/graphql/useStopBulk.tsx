import { useState } from 'react'
import { useMutation } from 'urql'
import { t } from '../lib/texts'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../ui/notify'
import { CancelBulkChangeDocument } from './bulk.generated'
import { toProblem } from './problem'

/** Stops a bulk change, after a question: `ask` opens it, `question` is to be drawn. */
export function useStopBulk() {
  const [{ fetching }, cancel] = useMutation(CancelBulkChangeDocument)
  const [asking, setAsking] = useState<string | null>(null)
  const stop = async (id: string) => {
    const { error } = await cancel({ input: { id } })
    setAsking(null)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.bulk.stopped)
  }
  return {
    ask: setAsking,
    question: asking && (
      <ConfirmDialog
        title={t.bulk.stopTitle}
        text={t.bulk.stopText}
        action={t.bulk.stop}
        busy={fetching}
        onConfirm={() => void stop(asking)}
        onClose={() => setAsking(null)}
      />
    ),
  }
}
