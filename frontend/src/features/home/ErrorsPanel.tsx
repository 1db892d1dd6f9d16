import { Link } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { formatName, formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ErrorGroupsDocument } from './home.generated'
import classes from './Panels.module.css'
import { useRefreshOnMoves } from './useRefreshOnMoves'

/** Errored orders by what caused them: one fix often frees many. */
export function ErrorsPanel() {
  const { scopes } = useMe()
  const [{ data, error }, read] = useReading({ query: ErrorGroupsDocument, requestPolicy: 'cache-and-network' })
  useRefreshOnMoves(() => read({ requestPolicy: 'network-only' }), 5_000)
  const groups = data?.errorGroups
  const list = scopes.reviewProvisioning.length > 0 ? '/errors' : '/orders'
  return (
    <Section title={t.home.errors} panel>
      {error && !groups ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !groups ? (
        <Skeleton lines={3} />
      ) : groups.length === 0 ? (
        <p className="dim">{t.home.noErrors}</p>
      ) : (
        <ul className={classes.rows}>
          {groups.slice(0, 8).map((group) => (
            <li key={`${group.class} ${group.message} ${group.resourceType} ${group.connector}`}>
              <Link
                to={list}
                search={{ cause: group.class, types: [group.resourceType] }}
                className={classes.row}
                title={group.message}
              >
                <span className={classes.grow}>
                  {group.message}
                  <span className="dim">
                    {' · '}
                    {[t.errorClass[group.class], formatName(group.resourceType)].filter(Boolean).join(', ')}
                  </span>
                </span>
                <strong className="num">{formatNumber(group.count)}</strong>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
