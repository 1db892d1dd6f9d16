import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCan, useMe } from '../../graphql/SessionContext'
import { useMayAskFor } from '../../graphql/useMayAskFor'
import { permissions, resourcePermission } from '../../lib/permit'
import { t } from '../../lib/texts'
import { useNow } from '../../ui/RelativeTime'
import { AddRecordForm } from './AddRecordForm'
import { DeletePersonDialog } from './DeletePersonDialog'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { EndRecordsDialog } from './EndRecordsDialog'
import { PersonForm } from './PersonForm'
import { phaseOf, type RecordKind } from './record'

/** What can be done with a person, as far as one may: records added and ended, what is kept here changed and deleted. */
export function PersonActions(props: {
  person: PersonFragment
  type: EntityTypeFieldsFragment | undefined
  /** The kind of records it has, and those records; null until they are here. */
  kind: RecordKind | undefined
  records: PersonFragment[] | null
  onChanged: () => void
}) {
  const { person, type, kind, records } = props
  const now = useNow()
  const navigate = useNavigate()
  const { scopes } = useMe()
  const { can } = useCan()
  const [open, setOpen] = useState<'edit' | 'delete' | 'record' | 'leave' | 'imagine' | null>(null)
  const close = () => setOpen(null)
  const changed = () => {
    setOpen(null)
    props.onChanged()
  }

  const alive = person.validTo === null
  const asks = useMayAskFor(person) && alive
  const isOurs = person.isManual && type?.canCreate === true && scopes.createResources.includes(person.entityType)
  const mayEdit = alive && isOurs && can(resourcePermission(person.entityType, 'Update'))
  const mayImagine =
    alive &&
    !mayEdit &&
    can(permissions.plansStart) &&
    can(permissions.plans) &&
    can(resourcePermission(person.entityType, 'Update'))
  const mayDelete = alive && isOurs && can(resourcePermission(person.entityType, 'Delete'))
  const mayAddRecord = alive && kind !== undefined && scopes.createResources.includes(kind.type.identifier)
  const counting = kind && records ? records.filter((r) => phaseOf(kind, r, now) !== 'past') : []
  const ending = counting.filter((r) => r.isManual)
  const mayLeave = mayAddRecord && ending.length > 0 && can(resourcePermission(kind.type.identifier, 'Update'))

  return (
    <>
      {asks && (
        <Button onClick={() => void navigate({ to: '/request', search: { for: person.id } })}>
          {t.request.newRequest}
        </Button>
      )}
      {mayAddRecord && (
        <Button variant="default" onClick={() => setOpen('record')}>
          {t.person.add(kind.type.displayName)}
        </Button>
      )}
      {mayLeave && (
        <Button variant="default" onClick={() => setOpen('leave')}>
          {t.person.leave}
        </Button>
      )}
      {mayEdit && (
        <Button variant="default" onClick={() => setOpen('edit')}>
          {t.common.edit}
        </Button>
      )}
      {mayImagine && type && (
        <Button variant="default" title={t.plan.lookHint} onClick={() => setOpen('imagine')}>
          {t.plan.whatIf}
        </Button>
      )}
      {mayDelete && (
        <Button variant="default" onClick={() => setOpen('delete')}>
          {t.person.remove}
        </Button>
      )}
      {open === 'edit' && type && <PersonForm type={type} person={person} onClose={close} onSaved={close} />}
      {open === 'imagine' && type && (
        <PersonForm type={type} person={person} imagined onClose={close} onSaved={close} />
      )}
      {open === 'record' && kind && (
        <AddRecordForm kind={kind} owner={person} records={records ?? []} onClose={close} onSaved={changed} />
      )}
      {open === 'leave' && kind && (
        <EndRecordsDialog
          kind={kind}
          owner={person}
          records={ending}
          readElsewhere={counting.length - ending.length}
          isLast={counting.length === ending.length}
          title={t.person.leaveTitle(person.displayName)}
          onClose={close}
          onEnded={changed}
        />
      )}
      {open === 'delete' && <DeletePersonDialog person={person} onClose={close} onFailed={props.onChanged} />}
    </>
  )
}
