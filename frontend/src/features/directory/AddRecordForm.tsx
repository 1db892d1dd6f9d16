import { Button } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { PlanButton } from '../../graphql/PlanButton'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import type { PersonFragment } from './PersonPage.generated'
import type { Draft } from './draft'
import classes from './PersonForm.module.css'
import { freeKey, newRecord, recordValues, type RecordKind } from './record'
import { RecordFields } from './RecordFields'
import { useCreateResource } from './useCreateResource'

/** Adds a further record, e.g. another position of a person. */
export function AddRecordForm(props: {
  kind: RecordKind
  owner: PersonFragment
  /** Those that the owner has already. */
  records: readonly { key: string }[]
  onClose: () => void
  onSaved: () => void
}) {
  const { kind, owner } = props
  const [key, setKey] = useState(() => freeKey(owner.key, props.records))
  const [draft, setDraft] = useState<Draft>(() => newRecord(kind, new Date()))
  const { create, busy, problem, fault } = useCreateResource()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const saved = await create(kind.type.identifier, key, recordValues(kind, draft, owner.key))
    if (!saved) return
    notifyDone(t.person.recordAdded(kind.type.displayName, owner.displayName))
    props.onSaved()
  }

  return (
    <Drawer
      title={t.person.addTo(kind.type.displayName, owner.displayName)}
      subject="new"
      onClose={props.onClose}
      footer={
        <div className={classes.buttons}>
          <Button type="submit" form="record-form" loading={busy}>
            {t.common.add}
          </Button>
          <PlanButton
            input={() => ({
              title: t.person.addTo(kind.type.displayName, owner.displayName).slice(0, 200),
              createResources: [
                { entityType: kind.type.identifier, key: key.trim(), values: recordValues(kind, draft, owner.key) },
              ],
            })}
          />
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && !fault && <ProblemNote problem={problem} />}
      <form id="record-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <RecordFields
          kind={kind}
          draft={draft}
          recordKey={key}
          fault={fault}
          onChange={(property, value) => setDraft((old) => ({ ...old, [property]: value }))}
          onKey={setKey}
        />
      </form>
    </Drawer>
  )
}
