import { getRouteApi } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { Diff } from '../../ui/Diff'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { PersonHistoryDocument } from './HistoryTab.generated'
import classes from './Tab.module.css'
import { useValueFormat } from './useValueFormat'
import { versionChanges } from './versionChanges'

const route = getRouteApi('/shell/person/$id/history')

/** Every change of a resource's values, newest first, each against the version before. */
export function HistoryTab() {
  const { id } = route.useParams()
  const [{ data, error }] = useReading({
    query: PersonHistoryDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const versions = data?.resource?.history
  const format = useValueFormat(data?.resource?.entityType)
  const show = (property: string, value: string | null) => (value === null ? null : format(property, value))
  if (error && !versions) return <ProblemNote problem={toProblem(error)} />
  if (!versions) return <Skeleton />
  if (versions.length === 0) return <EmptyNote title={t.person.noHistory} />
  return (
    <div className={classes.tab} tabIndex={0} role="group" aria-label={t.person.history}>
      <ol className={classes.versions}>
        {versions.map((version, index) => {
          const before = versions[index + 1]
          const changes = versionChanges(before?.values ?? [], version.values)
          return (
            <li key={`${version.validFrom} ${index}`}>
              <div className={classes.when}>
                <time dateTime={version.validFrom}>{formatExact(version.validFrom)}</time>
                <span className="dim">
                  {t.person.changedBy} {actorName(version.actor, version.actorName)}
                </span>
              </div>
              <div className={classes.changes}>
                {!before && <span className="dim">{t.person.firstVersion}</span>}
                {before && changes.length === 0 && <span className="dim">{t.person.noChange}</span>}
                {changes.map((change) => (
                  <div key={change.property}>
                    <span className="dim">{change.displayName}</span>
                    <Diff before={show(change.property, change.before)} after={show(change.property, change.after)} />
                  </div>
                ))}
              </div>
            </li>
          )
        })}
      </ol>
    </div>
  )
}
