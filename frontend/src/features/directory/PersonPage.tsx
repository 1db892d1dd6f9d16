import { Button } from '@mantine/core'
import { getRouteApi, Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan, useMe } from '../../graphql/SessionContext'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { formatDay } from '../../lib/format'
import { permissions, resourcePermission } from '../../lib/permit'
import { IconCircleCheck, IconCircleMinus } from '@tabler/icons-react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { useNow } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { Tabs } from '../../ui/Tabs'
import { DeleteResourceDocument, EntityTypesDocument, PersonDocument } from './directory.generated'
import { AddRecordForm } from './AddRecordForm'
import { EndRecordsDialog } from './EndRecordsDialog'
import { PersonForm } from './PersonForm'
import { phaseOf, recordKinds } from './record'
import { useRecords } from './useRecords'

const route = getRouteApi('/shell/person/$id')

/** One person, or any resource: who it is, and tabs with what it has. */
export function PersonPage() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const now = useNow()
  const { scopes } = useMe()
  const { can } = useCan()
  const [{ data, error, fetching }, read] = useReading({
    query: PersonDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const [{ data: types }] = useReading({ query: EntityTypesDocument })
  const [deleting, remove] = useMutation(DeleteResourceDocument)
  const [open, setOpen] = useState<'edit' | 'delete' | 'record' | 'leave' | null>(null)
  const person = data?.resource
  const type = types?.entityTypes.find((e) => e.identifier === person?.entityType)
  const kind = types && type && recordKinds(types.entityTypes, type)[0]
  const { records, again } = useRecords(kind, person)
  const readAgain = () => {
    read({ requestPolicy: 'network-only' })
    again()
  }
  usePersonChanges(id, readAgain)

  if (!person) {
    return (
      <Page title={t.person.title} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
        )}
      </Page>
    )
  }

  const byHand = type?.canCreate === true && scopes.createResources.includes(person.entityType)
  const alive = person.validTo === null
  const mayEdit = alive && byHand && person.isManual && can(resourcePermission(person.entityType, 'Update'))
  const mayDelete = alive && byHand && person.isManual && can(resourcePermission(person.entityType, 'Delete'))
  const mayAddRecord = alive && kind !== undefined && scopes.createResources.includes(kind.type.identifier)
  const counting = kind && records ? records.filter((r) => phaseOf(kind, r, now) !== 'past') : []
  const ending = counting.filter((r) => r.isManual)
  const mayLeave = mayAddRecord && ending.length > 0 && can(resourcePermission(kind.type.identifier, 'Update'))
  const sendDelete = async () => {
    const { error: failure } = await remove({ input: { id: person.id, version: person.version } })
    setOpen(null)
    if (failure) {
      notifyProblem(toProblem(failure))
      read({ requestPolicy: 'network-only' })
      return
    }
    notifyDone(t.person.removed(person.displayName))
    void navigate({ to: '/people/$entityType', params: { entityType: person.entityType } })
  }

  return (
    <Page
      title={person.displayName}
      heading={
        <>
          {person.displayName}{' '}
          {alive ? (
            <Badge tone="green" icon={IconCircleCheck} word={t.person.present} />
          ) : (
            <Badge
              tone="slate"
              icon={IconCircleMinus}
              word={person.validTo ? t.person.goneSince(formatDay(person.validTo)) : t.person.gone}
            />
          )}
        </>
      }
      hint={[type?.displayName ?? person.entityType, person.key, person.summary].filter(Boolean).join(' · ')}
      actions={
        <>
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
          {mayDelete && (
            <Button variant="default" onClick={() => setOpen('delete')}>
              {t.person.remove}
            </Button>
          )}
        </>
      }
      nav={
        <Tabs label={person.displayName}>
          {can(permissions.assignments) && (
            <Link to="/person/$id" params={{ id }} activeOptions={{ exact: true, includeSearch: false }}>
              {t.person.permissions}
            </Link>
          )}
          <Link to="/person/$id/orders" params={{ id }} activeOptions={{ includeSearch: false }}>
            {t.person.orders}
          </Link>
          <Link to="/person/$id/properties" params={{ id }}>
            {t.person.properties}
          </Link>
          <Link to="/person/$id/contexts" params={{ id }}>
            {t.person.contexts}
          </Link>
          <Link to="/person/$id/history" params={{ id }}>
            {t.person.history}
          </Link>
        </Tabs>
      }
    >
      <Outlet />
      {open === 'edit' && type && (
        <PersonForm type={type} person={person} onClose={() => setOpen(null)} onSaved={() => setOpen(null)} />
      )}
      {open === 'record' && kind && (
        <AddRecordForm
          kind={kind}
          owner={person}
          records={records ?? []}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null)
            readAgain()
          }}
        />
      )}
      {open === 'leave' && kind && (
        <EndRecordsDialog
          kind={kind}
          owner={person}
          records={ending}
          readElsewhere={counting.length - ending.length}
          isLast={counting.length === ending.length}
          title={t.person.leaveTitle(person.displayName)}
          onClose={() => setOpen(null)}
          onEnded={() => {
            setOpen(null)
            readAgain()
          }}
        />
      )}
      {open === 'delete' && (
        <ConfirmDialog
          title={t.person.removeTitle(person.displayName)}
          text={t.person.removeText}
          action={t.person.remove}
          danger
          busy={deleting.fetching}
          typed={{ label: t.person.removeConfirm(person.key), word: person.key }}
          onConfirm={() => void sendDelete()}
          onClose={() => setOpen(null)}
        />
      )}
    </Page>
  )
}
