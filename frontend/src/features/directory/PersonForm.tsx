import { Button, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { PlanButton } from '../../graphql/PlanButton'
import { toProblem, type Problem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { UpdateResourceDocument } from './PersonForm.generated'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { changedValues, draftOf, type Draft } from './draft'
import { toFault, type Fault } from './fault'
import classes from './PersonForm.module.css'
import { PropertyFields } from './PropertyFields'

/** Changes a resource that is kept by hand: a field for each property of its kind. */
export function PersonForm(props: {
  type: EntityTypeFieldsFragment
  person: PersonFragment
  /** It is read from a system: this only shows what would follow. */
  imagined?: boolean
  onClose: () => void
  onSaved: (person: PersonFragment) => void
}) {
  const { type, person } = props
  const [before] = useState<Draft>(() => draftOf(type, person))
  const [draft, setDraft] = useState<Draft>(before)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const [{ fetching }, update] = useMutation(UpdateResourceDocument)
  const names = Object.fromEntries(person.links.map((l) => [l.property, l.targets[0]?.displayName ?? '']))

  const values = changedValues(type, before, draft)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (fetching || props.imagined) return
    const { data, error } = await update({ input: { id: person.id, version: person.version, values } })
    const next = error ? toProblem(error) : null
    setProblem(next)
    setFault(next && toFault(next, values))
    if (!data) return
    notifyDone(t.person.saved)
    props.onSaved(data.updateResource.resource)
  }

  return (
    <Drawer
      title={props.imagined ? t.plan.whatIfTitle(person.displayName) : t.person.edit(person.displayName)}
      subject={person.id}
      onClose={props.onClose}
      footer={
        <div className={classes.buttons}>
          {!props.imagined && (
            <Button type="submit" form="person-form" loading={fetching}>
              {t.common.save}
            </Button>
          )}
          <PlanButton
            main={props.imagined}
            disabled={values.length === 0}
            input={() => ({
              title: t.plan.whatIfTitle(person.displayName).slice(0, 200),
              updateResources: [{ id: person.id, version: person.version, values }],
            })}
          />
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {props.imagined && <p>{t.plan.whatIfText}</p>}
      {problem && !fault && <ProblemNote problem={problem} />}
      <form id="person-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={type.properties.find((p) => p.isKey)?.displayName ?? t.person.key}
          disabled
          value={person.key}
        />
        <PropertyFields
          properties={type.properties.filter((p) => !p.isKey)}
          draft={draft}
          fault={fault}
          names={names}
          onChange={(property, value) => setDraft((old) => ({ ...old, [property]: value }))}
        />
      </form>
    </Drawer>
  )
}
