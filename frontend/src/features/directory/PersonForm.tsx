import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import {
  CreateResourceDocument,
  UpdateResourceDocument,
  type EntityTypeFieldsFragment,
  type PersonFragment,
} from './directory.generated'
import classes from './PersonForm.module.css'
import { changedValues, draftOf, toInputType, type Draft } from './personDraft'

/** Adds a resource by hand, or changes one: a field for each property of its kind. */
export function PersonForm(props: {
  type: EntityTypeFieldsFragment
  person?: PersonFragment
  onClose: () => void
  onSaved: (person: PersonFragment) => void
}) {
  const { type, person } = props
  const [before] = useState<Draft>(() => draftOf(type, person))
  const [draft, setDraft] = useState<Draft>(before)
  const [key, setKey] = useState(person?.key ?? '')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [creating, create] = useMutation(CreateResourceDocument)
  const [updating, update] = useMutation(UpdateResourceDocument)
  const busy = creating.fetching || updating.fetching

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const values = changedValues(type, before, draft)
    let saved: PersonFragment | undefined
    if (person) {
      const { data, error } = await update({ input: { id: person.id, version: person.version, values } })
      if (error) setProblem(toProblem(error))
      saved = data?.updateResource.resource
    } else {
      const { data, error } = await create({ input: { entityType: type.identifier, key: key.trim(), values } })
      if (error) setProblem(toProblem(error))
      saved = data?.createResource.resource
    }
    if (!saved) return
    notifyDone(person ? t.person.saved : t.person.added(saved.displayName))
    props.onSaved(saved)
  }

  return (
    <Drawer
      title={person ? t.person.edit(person.displayName) : t.person.add(type.displayName)}
      subject={person?.id ?? 'new'}
      onClose={props.onClose}
      footer={
        <div className={classes.buttons}>
          <Button type="submit" form="person-form" loading={busy}>
            {person ? t.common.save : t.common.add}
          </Button>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && <ProblemNote problem={problem} />}
      <form id="person-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={t.person.key}
          description={person ? undefined : t.person.keyHint}
          required
          disabled={person !== undefined}
          value={key}
          maxLength={400}
          error={problem?.field === 'key' ? problem.message : undefined}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {type.properties
          .filter((p) => !p.isKey)
          .map((p) => {
            const common = {
              label: p.displayName,
              value: draft[p.identifier] ?? '',
              error: problem?.field === p.identifier ? problem.message : undefined,
            }
            const set = (value: string) => setDraft((old) => ({ ...old, [p.identifier]: value }))
            return p.type === 'BOOL' ? (
              <NativeSelect
                key={p.id}
                {...common}
                data={[
                  { value: '', label: '' },
                  { value: 'true', label: t.common.yes },
                  { value: 'false', label: t.common.no },
                ]}
                onChange={(event) => set(event.currentTarget.value)}
              />
            ) : (
              <TextInput
                key={p.id}
                {...common}
                type={toInputType(p.type)}
                step={p.type === 'DOUBLE' ? 'any' : undefined}
                description={
                  p.type === 'FOREIGN_KEY'
                    ? p.isCollection
                      ? t.person.keysHint
                      : t.person.keyOf(formatName(p.targetEntityType ?? ''))
                    : undefined
                }
                onChange={(event) => set(event.currentTarget.value)}
              />
            )
          })}
      </form>
    </Drawer>
  )
}
