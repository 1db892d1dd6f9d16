import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { AttachRiskDocument, DetachRiskDocument } from './risk.generated'
import classes from './Risk.module.css'

interface Person {
  id: string
  displayName: string
}

/** Asks to whom a risk is attached, unless that is known, and why. */
export function AttachDialog(props: {
  risk: { identifier: string; displayName: string; entityType: string }
  person?: Person
  onClose: () => void
  onDone: () => void
}) {
  const { risk } = props
  const [key, setKey] = useState('')
  const [person, setPerson] = useState(props.person)
  const [{ fetching }, attach] = useMutation(AttachRiskDocument)
  const [missing, setMissing] = useState(false)
  const send = async (reason: string) => {
    if (!person) return setMissing(true)
    const { error } = await attach({ input: { ownerId: person.id, risk: risk.identifier, reason } })
    if (error) return notifyProblem(toProblem(error))
    notifyDone(t.risk.attached(person.displayName))
    props.onClose()
    props.onDone()
  }
  return (
    <ConfirmDialog
      title={
        props.person
          ? t.risk.attachTo(props.person.displayName, risk.displayName)
          : t.risk.attachTitle(risk.displayName)
      }
      text={
        <div className={classes.asked}>
          <p>{t.risk.attachText}</p>
          {!props.person && (
            <ResourcePicker
              label={t.risk.attachWho}
              entityType={risk.entityType}
              value={key}
              error={missing && !person ? t.person.pick : undefined}
              onChange={(next, id, displayName) => {
                setKey(next)
                setPerson(id ? { id, displayName } : undefined)
              }}
            />
          )}
        </div>
      }
      action={t.risk.attachAction}
      reason={{ label: t.risk.reason, required: true, max: 2000 }}
      busy={fetching}
      onConfirm={(reason) => void send(reason)}
      onClose={props.onClose}
    />
  )
}

/** Asks why a risk is detached. */
export function DetachDialog(props: {
  id: string
  risk: { displayName: string }
  person: Person
  onClose: () => void
  onDone: (isOver: boolean) => void
}) {
  const { id, risk, person } = props
  const [{ fetching }, detach] = useMutation(DetachRiskDocument)
  const send = async (reason: string) => {
    const { data, error } = await detach({ input: { id, reason } })
    props.onClose()
    if (error) return notifyProblem(toProblem(error))
    notifyDone(t.risk.detached(person.displayName))
    props.onDone(!data?.detachRisk.identifiedRisk)
  }
  return (
    <ConfirmDialog
      title={t.risk.detachTitle(person.displayName, risk.displayName)}
      text={t.risk.detachText}
      action={t.risk.detachAction}
      reason={{ label: t.risk.reason, required: true, max: 2000 }}
      busy={fetching}
      onConfirm={(reason) => void send(reason)}
      onClose={props.onClose}
    />
  )
}
