import { Link } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { healthStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { SystemHealthDocument } from './home.generated'
import classes from './Panels.module.css'
import { useRefreshOnMoves } from './useRefreshOnMoves'

/** The managed systems and how they do. */
export function SystemsPanel() {
  const [{ data, error }, read] = useReading({ query: SystemHealthDocument, requestPolicy: 'cache-and-network' })
  useRefreshOnMoves(() => read({ requestPolicy: 'network-only' }), 10_000)
  const systems = data?.connectorsPage.nodes
  return (
    <Section title={t.home.systems} panel aside={<Link to="/systems">{t.nav.systems}</Link>}>
      {error && !systems ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !systems ? (
        <Skeleton lines={4} />
      ) : systems.length === 0 ? (
        <p className="dim">{t.home.noSystems}</p>
      ) : (
        <ul className={classes.rows}>
          {systems.map((system) => (
            <li key={system.id}>
              <Link
                to="/systems/$connector"
                params={{ connector: system.identifier }}
                className={classes.row}
                title={system.healthMessage || undefined}
              >
                <span className={classes.grow}>{system.displayName}</span>
                <span className={classes.small}>
                  {system.lastSynchronizedAt ? (
                    <>
                      {t.home.lastSync} <RelativeTime at={system.lastSynchronizedAt} />
                    </>
                  ) : (
                    t.home.neverSync
                  )}
                </span>
                <Badge {...healthStates[system.health]} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
