import { useState } from 'react'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyProblem } from '../../ui/notify'
import classes from './Request.module.css'

/** Names a person, with a reason. What the server refuses is told, and the dialog stays. */
export function NamePersonDialog(props: {
  title: string
  text: string
  label: string
  entityType: string
  action: string
  busy: boolean
  /** Gives what was refused; undefined: it is done. */
  onSend: (personId: string, reason: string) => Promise<{ code: string; message: string } | null | undefined>
  onDone: () => void
  onClose: () => void
}) {
  const [key, setKey] = useState('')
  const [personId, setPersonId] = useState<string | null>(null)
  const [missing, setMissing] = useState(false)
  const send = async (reason: string) => {
    if (!personId) return setMissing(true)
    const refused = await props.onSend(personId, reason)
    if (refused) return notifyProblem({ code: refused.code, message: refused.message })
    props.onDone()
  }
  return (
    <ConfirmDialog
      title={props.title}
      text={
        <div className={classes.asking}>
          <p>{props.text}</p>
          <ResourcePicker
            label={props.label}
            entityType={props.entityType}
            value={key}
            error={missing && !personId ? t.person.pick : undefined}
            onChange={(next, id) => {
              setKey(next)
              setPersonId(id ?? null)
            }}
          />
        </div>
      }
      action={props.action}
      reason={{ label: t.request.forwardWhy, required: true }}
      busy={props.busy}
      onConfirm={(reason) => void send(reason)}
      onClose={props.onClose}
    />
  )
}
