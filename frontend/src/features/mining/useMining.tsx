import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useTold } from '../../graphql/useTold'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { CancelMiningDocument, MiningChangedDocument, StartMiningDocument } from './MiningPage.generated'

/** Calls back when runs of mining changed. */
export const useMiningChanges = (onChange: () => void) => useTold(MiningChangedDocument, {}, onChange)

/** Begins a run. */
export function useStartMining(onStarted: (id: string) => void) {
  const [{ fetching }, send] = useMutation(StartMiningDocument)
  const start = async () => {
    const { data, error } = await send({ input: {} })
    if (error) return notifyProblem(toProblem(error))
    if (!data) return
    notifyDone(t.mining.started)
    onStarted(data.startMining.run.id)
  }
  return { busy: fetching, start: () => void start() }
}

/** Stops a run, after a question: `ask` opens it, `question` is to be drawn. */
export function useStopMining() {
  const [{ fetching }, cancel] = useMutation(CancelMiningDocument)
  const [asking, setAsking] = useState<string | null>(null)
  const stop = async (id: string) => {
    const { error } = await cancel({ input: { id } })
    setAsking(null)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.mining.stopped)
  }
  return {
    ask: setAsking,
    question: asking && (
      <ConfirmDialog
        title={t.mining.stopTitle}
        text={t.mining.stopText}
        action={t.mining.stop}
        busy={fetching}
        onConfirm={() => void stop(asking)}
        onClose={() => setAsking(null)}
      />
    ),
  }
}
