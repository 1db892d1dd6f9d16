import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { notifyDone } from '../../ui/notify'
import { NamePersonDialog } from './NamePersonDialog'
import { DelegateRequestStepsDocument, type RequestDetailFragment } from './request.generated'
import { itemPhrase } from './requestWords'

/** Hands one's own place at an approval over to another person. */
export function ForwardDialog(props: { item: RequestDetailFragment; onDone: () => void; onClose: () => void }) {
  const { item } = props
  const [{ fetching }, delegate] = useMutation(DelegateRequestStepsDocument)
  return (
    <NamePersonDialog
      title={t.request.forwardTitle(itemPhrase(item))}
      text={t.request.forwardText}
      label={t.request.forwardTo}
      entityType={item.owner.entityType}
      action={t.request.forward}
      busy={fetching}
      onSend={async (toPersonId, reason) => {
        const input = { stepIds: item.stepId ? [item.stepId] : [], toPersonId, reason }
        const { data, error } = await delegate({ input })
        return error ? toProblem(error) : data?.delegateRequestSteps.results[0]?.error
      }}
      onDone={() => {
        notifyDone(t.request.forwarded(itemPhrase(item)))
        props.onDone()
      }}
      onClose={props.onClose}
    />
  )
}
