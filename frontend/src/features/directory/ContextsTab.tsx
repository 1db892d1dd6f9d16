import { getRouteApi } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useCan, useMe } from '../../graphql/SessionContext'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { permissions, resourcePermission } from '../../lib/permit'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ContextLine } from './ContextLine'
import { PersonContextsDocument } from './directory.generated'
import { EntityTypesDocument } from './entityTypes.generated'
import { PersonDocument } from './PersonPage.generated'
import { recordKinds } from './record'
import { RecordsPanel } from './RecordsPanel'
import classes from './Tab.module.css'
import { useRecords } from './useRecords'

const route = getRouteApi('/shell/person/$id/contexts')

/** The records behind a person, and the values that the rules saw in them, per dimension, over time. */
export function ContextsTab() {
  const { id } = route.useParams()
  const [{ data, error }, read] = useReading({
    query: PersonContextsDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  usePersonChanges(id, () => read({ requestPolicy: 'network-only' }))
  const contexts = data?.resource?.contexts
  if (error && !contexts) return <ProblemNote problem={toProblem(error)} />
  if (!contexts) return <Skeleton />
  return (
    <div className={classes.tab} tabIndex={0} role="group" aria-label={t.person.contexts}>
      <div className={classes.column}>
        <Records id={id} />
        {contexts.length === 0 ? (
          <EmptyNote title={t.person.noContextsHint} hint={t.person.noContexts} />
        ) : (
          <ContextLine contexts={contexts} />
        )}
      </div>
    </div>
  )
}

function Records({ id }: { id: string }) {
  const { scopes } = useMe()
  const { can } = useCan()
  const [{ data }] = useReading({ query: PersonDocument, variables: { id } })
  const [{ data: types }] = useReading({ query: EntityTypesDocument })
  const owner = data?.resource
  const type = types?.entityTypes.find((e) => e.identifier === owner?.entityType)
  const kind = types && type && recordKinds(types.entityTypes, type)[0]
  const { records, again } = useRecords(kind, owner)
  if (!kind || !owner || !records) return null
  const mayEnd =
    scopes.createResources.includes(kind.type.identifier) && can(resourcePermission(kind.type.identifier, 'Update'))
  return (
    <RecordsPanel
      kind={kind}
      owner={owner}
      records={records}
      mayEnd={mayEnd && owner.validTo === null}
      mayImagine={
        can(permissions.plansStart) && can(permissions.plans) && can(resourcePermission(kind.type.identifier, 'Update'))
      }
      onChanged={again}
    />
  )
}
