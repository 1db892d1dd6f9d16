import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { CancelReconciliationRunDocument } from './useStopRun.generated'

/** Stops a bulk decision, after a question: `ask` opens it, `question` is to be drawn. */
export function useStopRun() {
  const [{ fetching }, cancel] = useMutation(CancelReconciliationRunDocument)
  const [asking, setAsking] = useState<string | null>(null)
  const stop = async (id: string) => {
    const { error } = await cancel({ input: { id } })
    setAsking(null)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.reconcile.run.stopped)
  }
  return {
    ask: setAsking,
    question: asking && (
      <ConfirmDialog
        title={t.reconcile.run.stopTitle}
        text={t.reconcile.run.stopText}
        action={t.reconcile.run.stop}
        busy={fetching}
        onConfirm={() => void stop(asking)}
        onClose={() => setAsking(null)}
      />
    ),
  }
}
