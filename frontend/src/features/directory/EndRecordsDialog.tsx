import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { dayOf } from '../../lib/day'
import { formatPlainDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { UpdateResourceDocument } from './PersonForm.generated'
import type { PersonFragment } from './PersonPage.generated'
import classes from './PersonForm.module.css'
import { endValues, recordValue, type RecordKind } from './record'

/** Ends records, now or on a day: a position, or all of them when somebody leaves. */
export function EndRecordsDialog(props: {
  kind: RecordKind
  owner: PersonFragment
  /** Those to end. */
  records: PersonFragment[]
  /** Open ones that stay, because their system has to end them. */
  readElsewhere: number
  /** Nothing is left of what the rules look at. */
  isLast: boolean
  title: string
  onClose: () => void
  onEnded: () => void
}) {
  const { kind, owner, records } = props
  const [when, setWhen] = useState<'now' | 'day'>('now')
  const [day, setDay] = useState(() => dayOf(new Date()))
  const [done, setDone] = useState<ReadonlySet<string>>(new Set())
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const [, update] = useMutation(UpdateResourceDocument)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setProblem(null)
    const ended = new Set(done)
    for (const record of records) {
      if (ended.has(record.id)) continue
      const values = endValues(kind, record, when === 'day' ? day : '', new Date())
      const { error } = await update({ input: { id: record.id, version: record.version, values } })
      if (error) {
        setProblem(toProblem(error))
        break
      }
      ended.add(record.id)
    }
    setBusy(false)
    setDone(ended)
    if (ended.size < records.length) return
    notifyDone(t.person.ended(ended.size, kind.type.displayName))
    props.onEnded()
  }

  return (
    <Modal opened onClose={props.onClose} title={props.title} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form className={classes.groups} onSubmit={(event) => void submit(event)}>
        {problem && <ProblemNote problem={problem} title={t.person.halfEnded(done.size, records.length)} />}
        <ul className={classes.ending}>
          {records.map((r) => (
            <li key={r.id}>
              <strong>{wordsOf(kind, r) || r.displayName}</strong> <span className="mono dim">{r.key}</span>
            </li>
          ))}
        </ul>
        <div className={classes.form}>
          <NativeSelect
            label={t.person.when}
            value={when}
            data-autofocus
            data={[
              { value: 'now', label: t.person.endNow },
              { value: 'day', label: t.person.endOnDay },
            ]}
            onChange={(event) => setWhen(event.currentTarget.value === 'day' ? 'day' : 'now')}
          />
          {when === 'day' && (
            <TextInput
              type="date"
              label={t.person.lastDay}
              required
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
          )}
        </div>
        <p>
          {props.isLast
            ? t.person.endLast(
                owner.displayName,
                kind.type.displayName,
                when === 'day' && day ? formatPlainDay(day) : null,
              )
            : t.person.endOne(kind.type.displayName)}
        </p>
        {props.readElsewhere > 0 && <p className="dim">{t.person.readElsewhere(props.readElsewhere)}</p>}
        <div className={classes.end}>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
          <Button type="submit" color="red" loading={busy}>
            {t.person.endAction(records.length - done.size, kind.type.displayName)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** A record in words: what rules look at, e.g. "Marketing, Paris, Designer". */
export function wordsOf({ spec }: RecordKind, record: PersonFragment): string {
  return spec.dimensionProperties
    .map((p) => recordValue(record, p))
    .filter(Boolean)
    .join(', ')
}
