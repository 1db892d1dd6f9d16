import { Button, Modal, NativeSelect } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { PeopleFilter, StartBulkChangeInput } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import type { Amount } from '../../lib/texts/plural'
import { changedValues, type Draft } from './draft'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import classes from './PersonForm.module.css'
import { PropertyFields } from './PropertyFields'

/** Gives one property of many the same value; the server does it, one after the other. */
export function SetValueDialog(props: {
  type: EntityTypeFieldsFragment
  people: PeopleFilter
  ids?: string[]
  count: Amount
  busy: boolean
  onStart: (input: StartBulkChangeInput) => void
  onClose: () => void
}) {
  const { type } = props
  const choices = type.properties.filter((p) => !p.isKey && p.type !== 'BINARY')
  const [identifier, setIdentifier] = useState(choices[0]?.identifier ?? '')
  const [draft, setDraft] = useState<Draft>({})
  const chosen = choices.find((p) => p.identifier === identifier)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!chosen || props.busy) return
    const [value] = changedValues(type, {}, { [identifier]: draft[identifier] ?? '' })
    props.onStart({
      kind: 'UPDATE_PROPERTY',
      decision: 'SET_VALUE',
      people: props.people,
      ids: props.ids,
      value: value ?? { property: identifier },
    })
  }

  return (
    <Modal
      opened
      onClose={props.onClose}
      title={t.bulk.setValueOf(t.bulk.people(props.count))}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      <form className={classes.groups} onSubmit={submit}>
        <div className={classes.form}>
          <NativeSelect
            label={t.bulk.property}
            value={identifier}
            data-autofocus
            data={choices.map((p) => ({ value: p.identifier, label: p.displayName }))}
            onChange={(event) => setIdentifier(event.currentTarget.value)}
          />
          <PropertyFields
            key={identifier}
            properties={chosen ? [chosen] : []}
            draft={draft}
            fault={null}
            onChange={(property, value) => setDraft({ [property]: value })}
          />
        </div>
        <p className="dim">{t.bulk.setValueHint}</p>
        <div className={classes.end}>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
          <Button type="submit" loading={props.busy} disabled={!chosen}>
            {t.bulk.setAction}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
