import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import { addDays, dayOf, endOfDay } from '../../lib/day'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { NamePersonDialog } from './NamePersonDialog'
import classes from './Request.module.css'
import {
  ReassignRequestStepsDocument,
  SetRequestStepsDueDocument,
  type RequestDetailFragment,
} from './request.generated'
import { itemPhrase } from './requestWords'

/** What whoever supervises requests does with an approval: he says who decides, and until when. */
export function SuperviseButtons({ item, reload }: { item: RequestDetailFragment; reload: () => void }) {
  const [opens, setOpens] = useState<'who' | 'when' | null>(null)
  const offline = useOfflineSince() !== null
  if (!item.canReassign || !item.stepId) return null
  const close = () => setOpens(null)
  const done = () => {
    close()
    reload()
  }
  return (
    <>
      <Button variant="default" disabled={offline} onClick={() => setOpens('who')}>
        {t.request.reassign}…
      </Button>
      <Button variant="default" disabled={offline} onClick={() => setOpens('when')}>
        {t.request.setDue}…
      </Button>
      {opens === 'who' && <ReassignDialog item={item} stepId={item.stepId} onDone={done} onClose={close} />}
      {opens === 'when' && <DueDialog item={item} stepId={item.stepId} onDone={done} onClose={close} />}
    </>
  )
}

interface DialogProps {
  item: RequestDetailFragment
  stepId: string
  onDone: () => void
  onClose: () => void
}

/** Names somebody who decides instead of all who are asked. */
function ReassignDialog({ item, stepId, onDone, onClose }: DialogProps) {
  const [{ fetching }, reassign] = useMutation(ReassignRequestStepsDocument)
  return (
    <NamePersonDialog
      title={t.request.reassignTitle(itemPhrase(item))}
      text={t.request.reassignText}
      label={t.request.reassignTo}
      entityType={item.owner.entityType}
      action={t.request.reassign}
      busy={fetching}
      onSend={async (personId, reason) => {
        const { data, error } = await reassign({ input: { stepIds: [stepId], toPersonIds: [personId], reason } })
        return error ? toProblem(error) : data?.reassignRequestSteps.results[0]?.error
      }}
      onDone={() => {
        notifyDone(t.request.reassigned(itemPhrase(item)))
        onDone()
      }}
      onClose={onClose}
    />
  )
}

/** Says until when it is to be decided. */
function DueDialog({ item, stepId, onDone, onClose }: DialogProps) {
  const tomorrow = addDays(dayOf(new Date()), 1)
  const [day, setDay] = useState(tomorrow)
  const [{ fetching }, setDue] = useMutation(SetRequestStepsDueDocument)
  const send = async (reason: string) => {
    const dueAt = endOfDay(day)
    if (Number.isNaN(dueAt.getTime())) return
    const input = { stepIds: [stepId], dueAt: dueAt.toISOString(), reason: reason || undefined }
    const { data, error } = await setDue({ input })
    const refused = error ? toProblem(error) : data?.setRequestStepsDue.results[0]?.error
    if (refused) return notifyProblem({ code: refused.code, message: refused.message })
    notifyDone(t.request.dueSet(itemPhrase(item)))
    onDone()
  }
  return (
    <ConfirmDialog
      title={t.request.dueTitle(itemPhrase(item))}
      text={
        <div className={classes.asking}>
          <p>{t.request.dueText}</p>
          <TextInput
            type="date"
            label={t.request.dueDay}
            min={tomorrow}
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
        </div>
      }
      action={t.request.setDue}
      reason={{ label: t.request.forwardWhy, required: false }}
      busy={fetching}
      onConfirm={(reason) => void send(reason)}
      onClose={onClose}
    />
  )
}
