import { Button, Checkbox, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { changedValues, type Draft } from './draft'
import classes from './PersonForm.module.css'
import { PropertyFields } from './PropertyFields'
import { freeKey, newRecord, recordValues, type RecordKind } from './record'
import { RecordFields } from './RecordFields'
import { useCreateResource } from './useCreateResource'

/**
 * Adds a resource by hand and, in the same step, the first record that rules look at: a person with a position. The two are
 * written one after the other: if the second is refused the form says so, and goes on from there.
 */
export function AddPersonForm(props: {
  type: EntityTypeFieldsFragment
  /** Not given: the kind needs no records, or the person may not add them. */
  kind?: RecordKind
  onClose: () => void
  onSaved: (person: PersonFragment) => void
}) {
  const { type, kind } = props
  const [key, setKey] = useState('')
  const [draft, setDraft] = useState<Draft>({})
  const [wanted, setWanted] = useState(kind !== undefined)
  const [recordKey, setRecordKey] = useState<string | null>(null)
  const [recordDraft, setRecordDraft] = useState<Draft>(() => (kind ? newRecord(kind, new Date()) : {}))
  const [person, setPerson] = useState<PersonFragment | null>(null)
  const first = useCreateResource()
  const second = useCreateResource()
  const busy = first.busy || second.busy
  const proposed = recordKey ?? (key.trim() ? freeKey(key.trim(), []) : '')

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const saved = person ?? (await first.create(type.identifier, key, changedValues(type, {}, draft)))
    if (!saved) return
    setPerson(saved)
    if (kind && wanted) {
      const record = await second.create(kind.type.identifier, proposed, recordValues(kind, recordDraft, saved.key))
      if (!record) return
    }
    notifyDone(t.person.added(saved.displayName))
    props.onSaved(saved)
  }
  const close = () => (person ? props.onSaved(person) : props.onClose())

  return (
    <Drawer
      title={t.person.add(type.displayName)}
      subject="new"
      onClose={close}
      footer={
        <div className={classes.buttons}>
          <Button type="submit" form="person-form" loading={busy}>
            {person && kind ? t.person.add(kind.type.displayName) : t.common.add}
          </Button>
          <Button variant="default" onClick={close}>
            {person && kind ? t.person.goOnWithout(kind.type.displayName) : t.common.cancel}
          </Button>
        </div>
      }
    >
      {first.problem && !first.fault && <ProblemNote problem={first.problem} />}
      {person && kind && second.problem && (
        <ProblemNote problem={second.problem} title={t.person.halfAdded(person.displayName, kind.type.displayName)} />
      )}
      <form id="person-form" className={classes.groups} onSubmit={(event) => void submit(event)}>
        <fieldset className={classes.group} disabled={person !== null}>
          <legend>{type.displayName}</legend>
          <div className={classes.form}>
            <TextInput
              label={type.properties.find((p) => p.isKey)?.displayName ?? t.person.key}
              description={t.person.keyHint}
              required
              data-autofocus
              value={key}
              maxLength={400}
              error={first.fault?.field === 'key' ? first.fault.message : undefined}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <PropertyFields
              properties={type.properties.filter((p) => !p.isKey)}
              draft={draft}
              fault={first.fault}
              onChange={(property, value) => setDraft((old) => ({ ...old, [property]: value }))}
            />
          </div>
        </fieldset>
        {kind && (
          <fieldset className={classes.group}>
            <legend>{kind.type.displayName}</legend>
            <Checkbox
              label={t.person.withRecord(kind.type.displayName)}
              description={t.person.withRecordHint(kind.type.displayName)}
              checked={wanted}
              onChange={(event) => setWanted(event.currentTarget.checked)}
            />
            {wanted && (
              <div className={classes.form}>
                <RecordFields
                  kind={kind}
                  draft={recordDraft}
                  recordKey={proposed}
                  fault={second.fault}
                  onChange={(property, value) => setRecordDraft((old) => ({ ...old, [property]: value }))}
                  onKey={setRecordKey}
                />
              </div>
            )}
          </fieldset>
        )}
      </form>
    </Drawer>
  )
}
