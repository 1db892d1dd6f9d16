import { getRouteApi } from '@tanstack/react-router'
import { useQuery } from 'urql'
import { toProblem } from '../../graphql/problem'
import { formatDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { useNow } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { PersonContextsDocument } from './directory.generated'
import classes from './Tab.module.css'
import { timeLine } from './timeLine'

const route = getRouteApi('/shell/person/$id/contexts')

/** The values that the rules saw, per dimension, over time. */
export function ContextsTab() {
  const { id } = route.useParams()
  const now = useNow()
  const [{ data, error }] = useQuery({
    query: PersonContextsDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const contexts = data?.resource?.contexts
  if (error && !contexts) return <ProblemNote problem={toProblem(error)} />
  if (!contexts) return <Skeleton />
  if (contexts.length === 0) return <EmptyNote title={t.person.noContextsHint} hint={t.person.noContexts} />
  const line = timeLine(contexts, now)
  return (
    <div className={classes.tab}>
      <div className={classes.line}>
        <p className="dim">{t.person.contextHint}</p>
        <div className={classes.scale}>
          <span>{line.from === null ? '…' : formatDay(new Date(line.from).toISOString())}</span>
          <span>{line.to === null ? '…' : formatDay(new Date(line.to).toISOString())}</span>
        </div>
        {line.lanes.map((lane) => (
          <div key={lane.dimension} className={classes.lane}>
            <h2>{lane.dimension}</h2>
            <div className={classes.track}>
              {lane.spans.map((span) => {
                const dates = `${span.from ? formatDay(span.from) : '…'} – ${span.to ? formatDay(span.to) : '…'}`
                return (
                  <span
                    key={`${span.left} ${span.label}`}
                    className={classes.span}
                    style={{ left: `${span.left}%`, width: `${span.width}%` }}
                    title={`${span.label}, ${dates}`}
                  >
                    {span.label}
                    <span className="sr-only">, {dates}</span>
                  </span>
                )
              })}
              <span className={classes.now} style={{ left: `${line.now}%` }} title={t.common.now} />
            </div>
          </div>
        ))}
      </div>
    </div>
  )
}
