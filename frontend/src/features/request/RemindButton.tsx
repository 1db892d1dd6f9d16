import { Button } from '@mantine/core'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import { t } from '../../lib/texts'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { RemindRequestStepsDocument, type RequestDetailFragment } from './request.generated'
import { itemPhrase } from './requestWords'

/** Tells those who may decide that they are waited for, once a day. */
export function RemindButton({ item, reload }: { item: RequestDetailFragment; reload: () => void }) {
  const [{ fetching }, remind] = useMutation(RemindRequestStepsDocument)
  const offline = useOfflineSince() !== null
  const { stepId } = item
  if (!item.canRemind || !stepId) return null
  const send = async () => {
    const { data, error } = await remind({ input: { stepIds: [stepId] } })
    const refused = error ? toProblem(error) : data?.remindRequestSteps.results[0]?.error
    if (refused) notifyProblem({ code: refused.code, message: refused.message })
    else notifyDone(t.request.remindDone(itemPhrase(item)))
    reload()
  }
  return (
    <Button variant="default" disabled={offline} loading={fetching} onClick={() => void send()}>
      {t.request.remind}
    </Button>
  )
}
