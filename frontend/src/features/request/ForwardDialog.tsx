import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import classes from './Request.module.css'
import { DelegateRequestStepsDocument, type RequestDetailFragment } from './request.generated'
import { itemPhrase } from './requestWords'

/** Hands one's own place at an approval over to another person. */
export function ForwardDialog(props: { item: RequestDetailFragment; onDone: () => void; onClose: () => void }) {
  const { item } = props
  const [key, setKey] = useState('')
  const [personId, setPersonId] = useState<string | null>(null)
  const [missing, setMissing] = useState(false)
  const [{ fetching }, delegate] = useMutation(DelegateRequestStepsDocument)
  const send = async (reason: string) => {
    if (!personId) return setMissing(true)
    if (!item.stepId) return
    const { data, error } = await delegate({ input: { stepIds: [item.stepId], toPersonId: personId, reason } })
    const refused = error ? toProblem(error) : data?.delegateRequestSteps.results[0]?.error
    if (refused) return notifyProblem({ code: refused.code, message: refused.message })
    notifyDone(t.request.forwarded(itemPhrase(item)))
    props.onDone()
  }
  return (
    <ConfirmDialog
      title={t.request.forwardTitle(itemPhrase(item))}
      text={
        <div className={classes.asking}>
          <p>{t.request.forwardText}</p>
          <ResourcePicker
            label={t.request.forwardTo}
            entityType={item.owner.entityType}
            value={key}
            error={missing && !personId ? t.person.pick : undefined}
            onChange={(next, id) => {
              setKey(next)
              setPersonId(id ?? null)
            }}
          />
        </div>
      }
      action={t.request.forward}
      reason={{ label: t.request.forwardWhy, required: true }}
      busy={fetching}
      onConfirm={(reason) => void send(reason)}
      onClose={props.onClose}
    />
  )
}
