import { getRouteApi, Outlet } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { PersonDocument } from './PersonPage.generated'
import { EntityTypesDocument } from './entityTypes.generated'
import { PersonActions } from './PersonActions'
import { PersonHeading } from './PersonHeading'
import { PersonTabs } from './PersonTabs'
import { recordKinds } from './record'
import { useRecords } from './useRecords'

const route = getRouteApi('/shell/person/$id')

/** One person, or any resource: who it is, and tabs with what it has. */
export function PersonPage() {
  const { id } = route.useParams()
  const [{ data, error, fetching }, read] = useReading({
    query: PersonDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const [{ data: types }] = useReading({ query: EntityTypesDocument })
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
  return (
    <Page
      title={person.displayName}
      heading={<PersonHeading person={person} />}
      hint={[type?.displayName ?? person.entityType, person.key, person.summary].filter(Boolean).join(' · ')}
      actions={<PersonActions person={person} type={type} kind={kind} records={records} onChanged={readAgain} />}
      nav={<PersonTabs person={person} />}
    >
      <Outlet />
    </Page>
  )
}
