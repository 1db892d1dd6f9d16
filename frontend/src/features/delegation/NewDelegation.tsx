import { Button, Checkbox, Textarea, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { mayManageDelegations } from '../../graphql/may'
import { toProblem, type Problem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import type { DelegationKind } from '../../graphql/types.generated'
import { addDays, dayOf, endOfDay, startOfDay, timeZone } from '../../lib/day'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { notifyDone } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { AccountPicker, type Account } from './AccountPicker'
import classes from './Delegation.module.css'
import { CreateDelegationDocument } from './delegation.generated'
import { SubjectPicker, type Subject } from './SubjectPicker'

const kindList = Object.keys(t.delegation.kind) as DelegationKind[]

/** Lets somebody act: whom, for what, from when until when. */
export function NewDelegation(props: { onClose: () => void; onDone: (id: string) => void }) {
  const me = useMe()
  const manages = mayManageDelegations(me)
  const [delegator, setDelegator] = useState<Account | null>(null)
  const [deputy, setDeputy] = useState<Account | null>(null)
  const [kinds, setKinds] = useState<DelegationKind[]>([kindList[0] ?? 'APPROVALS'])
  const [subjects, setSubjects] = useState<Subject[]>([])
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState(() => addDays(dayOf(new Date()), 13))
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [{ fetching }, create] = useMutation(CreateDelegationDocument)
  const today = dayOf(new Date())
  const of = (kind: Subject['kind']) => subjects.filter((s) => s.kind === kind).map((s) => s.identifier)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (fetching) return
    if (!deputy || (!until && !manages)) return setMissing(true)
    const { data, error } = await create({
      input: {
        delegatorId: delegator?.id,
        deputyId: deputy.id,
        kinds,
        scope: subjects.length ? { roles: of('ROLE'), categories: of('CATEGORY'), policies: of('POLICY') } : undefined,
        startDate: from && from > today ? startOfDay(from).toISOString() : undefined,
        endDate: until ? endOfDay(until).toISOString() : undefined,
        reason: reason.trim() || undefined,
      },
    })
    setProblem(error ? toProblem(error) : null)
    if (!data) return
    notifyDone(t.delegation.created(data.createDelegation.delegation.deputy.name))
    props.onDone(data.createDelegation.delegation.id)
  }
  const at = (field: string) => (problem?.field === field ? problem.message : undefined)
  const isShown = ['deputyId', 'delegatorId', 'endDate', 'startDate', 'kinds', 'scope'].some((f) => at(`input.${f}`))
  return (
    <Drawer
      title={manages ? t.delegation.addTitleOther : t.delegation.addTitle}
      subject="new"
      onClose={props.onClose}
      footer={
        <div className={classes.buttons}>
          <Button type="submit" form="delegation-form" loading={fetching} disabled={kinds.length === 0}>
            {t.delegation.create}
          </Button>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && !isShown && <ProblemNote problem={problem} />}
      <form id="delegation-form" className={classes.form} onSubmit={(event) => void submit(event)} noValidate>
        {manages && (
          <AccountPicker
            label={t.delegation.whom}
            asDelegator
            placeholder={t.delegation.myself}
            value={delegator}
            error={at('input.delegatorId')}
            onChange={setDelegator}
          />
        )}
        <AccountPicker
          label={t.delegation.deputy}
          required
          value={deputy}
          error={missing && !deputy ? t.delegation.pickDeputy : at('input.deputyId')}
          onChange={setDeputy}
        />
        <fieldset className={classes.kinds}>
          <legend>{t.delegation.kinds}</legend>
          {kindList.map((kind) => (
            <Checkbox
              key={kind}
              label={t.delegation.kind[kind]}
              description={t.delegation.kindHint[kind]}
              checked={kinds.includes(kind)}
              onChange={(event) =>
                setKinds(event.currentTarget.checked ? [...kinds, kind] : kinds.filter((k) => k !== kind))
              }
            />
          ))}
          {at('input.kinds') && <p role="alert">{at('input.kinds')}</p>}
        </fieldset>
        <SubjectPicker value={subjects} error={at('input.scope')} onChange={setSubjects} />
        <div className={classes.days}>
          <TextInput
            type="date"
            label={t.delegation.from}
            description={t.delegation.fromHint}
            min={today}
            value={from}
            error={at('input.startDate')}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label={t.delegation.until}
            description={t.delegation.zone(timeZone())}
            required={!manages}
            min={from || today}
            value={until}
            error={missing && !until && !manages ? t.delegation.needsEnd : at('input.endDate')}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
        </div>
        <Textarea
          label={`${t.delegation.reason} (${t.common.optional})`}
          maxLength={2000}
          autosize
          minRows={2}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <p className="dim">
          {t.delegation.gives(deputy?.name ?? t.delegation.somebody, delegator?.name ?? t.delegation.you)}
        </p>
      </form>
    </Drawer>
  )
}
