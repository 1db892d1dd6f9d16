import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { UndoDepartureDocument } from './departure.generated'

/** Brings somebody back who was made to leave. */
export function UndoDepartureDialog(props: {
  personId: string
  person: string
  onDone: () => void
  onClose: () => void
}) {
  const [{ fetching }, undo] = useMutation(UndoDepartureDocument)
  const send = async (reason: string) => {
    const { error } = await undo({ input: { personId: props.personId, reason } })
    props.onDone()
    props.onClose()
    if (error) return notifyProblem(toProblem(error))
    notifyDone(t.departure.undone(props.person))
  }
  return (
    <ConfirmDialog
      title={t.departure.undoTitle(props.person)}
      text={t.departure.undoText}
      action={t.departure.undo}
      reason={{ label: t.departure.reason, required: true }}
      busy={fetching}
      onConfirm={(reason) => void send(reason)}
      onClose={props.onClose}
    />
  )
}
