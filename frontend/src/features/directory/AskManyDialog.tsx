import { Button, Checkbox, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState, type FormEvent } from 'react'
import type { PeopleFilter, StartBulkChangeInput } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import type { Amount } from '../../lib/texts/plural'
import { FindRolesToAskDocument } from './AskManyDialog.generated'
import classes from './PersonForm.module.css'

/** Asks for a role, or for its end, for many: each gets a request of its own, made by the server. The roles are those that can be asked for one of them. */
export function AskManyDialog(props: {
  gives: boolean
  people: PeopleFilter
  ids?: string[]
  /** One of them. */
  example: string
  count: Amount
  busy: boolean
  onStart: (input: StartBulkChangeInput) => void
  onClose: () => void
}) {
  const { gives } = props
  const [search, setSearch] = useState('')
  const [typed] = useDebouncedValue(search.trim(), 150)
  const [chosen, setChosen] = useState<{ id: string; name: string } | null>(null)
  const [start, setStart] = useState('')
  const [end, setEnd] = useState('')
  const [reason, setReason] = useState('')
  const [accepts, setAccepts] = useState(false)
  const [{ data, fetching }] = useReading({
    query: FindRolesToAskDocument,
    variables: { ownerId: props.example, text: typed && typed !== chosen?.name ? typed : undefined },
    requestPolicy: 'cache-and-network',
  })
  const roles = data?.requestCatalogue.nodes ?? []
  const options = roles.map((r) => ({ value: r.id, label: r.name }))
  if (chosen && !options.some((o) => o.value === chosen.id)) options.unshift({ value: chosen.id, label: chosen.name })
  const [role, setRole] = useState<(typeof roles)[number] | null>(null)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!role || props.busy) return
    props.onStart({
      kind: gives ? 'ASSIGN_ENTITLEMENTS' : 'REMOVE_ENTITLEMENTS',
      decision: 'REQUEST',
      people: props.people,
      ids: props.ids,
      comment: reason.trim() || undefined,
      entitlement: {
        role: role.role,
        roleKind: role.kind,
        startDate: gives && start ? start : undefined,
        endDate: gives && end ? end : undefined,
        acknowledgeFindings: accepts ? ['NO_APPROVER', 'RISK_WARNING', 'BECOMES_DENIAL', 'DENIED_BY_RULE'] : undefined,
      },
    })
  }

  return (
    <Modal
      opened
      onClose={props.onClose}
      title={(gives ? t.bulk.giveRoleOf : t.bulk.takeRoleOf)(t.bulk.people(props.count))}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      <form className={classes.groups} onSubmit={submit}>
        <div className={classes.form}>
          <Select
            label={t.bulk.role}
            required
            searchable
            data-autofocus
            data={options}
            value={chosen?.id ?? null}
            searchValue={search}
            onSearchChange={setSearch}
            filter={({ options: all }) => all}
            nothingFoundMessage={fetching || !data ? t.common.loading : t.person.pickNothing}
            onChange={(id, option) => {
              setChosen(id && option ? { id, name: option.label } : null)
              setRole(roles.find((r) => r.id === id) ?? null)
            }}
          />
          {gives && (
            <>
              <TextInput
                type="date"
                label={t.bulk.from}
                value={start}
                onChange={(event) => setStart(event.currentTarget.value)}
              />
              <TextInput
                type="date"
                label={t.bulk.until}
                required={role?.needsEnd}
                value={end}
                onChange={(event) => setEnd(event.currentTarget.value)}
              />
            </>
          )}
        </div>
        <Textarea
          label={t.bulk.reason}
          description={t.common.optional}
          maxLength={2000}
          autosize
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Checkbox
          label={t.bulk.acceptsWarnings}
          checked={accepts}
          onChange={(event) => setAccepts(event.currentTarget.checked)}
        />
        <p className="dim">{t.bulk.roleHint}</p>
        <div className={classes.end}>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
          <Button type="submit" loading={props.busy} disabled={!role}>
            {t.bulk.ask}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
