import { Button } from '@mantine/core'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import { t } from '../../lib/texts'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { RecallRequestStepsDocument, type RequestDetailFragment } from './request.generated'

/** Takes back the place at an approval that one handed over. */
export function RecallButton({ item, reload }: { item: RequestDetailFragment; reload: () => void }) {
  const [{ fetching }, recall] = useMutation(RecallRequestStepsDocument)
  const offline = useOfflineSince() !== null
  const { stepId } = item
  if (!item.canRecall || !stepId) return null
  const send = async () => {
    const { data, error } = await recall({ input: { stepIds: [stepId] } })
    const refused = error ? toProblem(error) : data?.recallRequestSteps.results[0]?.error
    if (refused) notifyProblem({ code: refused.code, message: refused.message })
    else notifyDone(t.request.recalled)
    reload()
  }
  return (
    <Button variant="default" disabled={offline} loading={fetching} onClick={() => void send()}>
      {t.request.recall}
    </Button>
  )
}
