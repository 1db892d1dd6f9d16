import { Link } from '@tanstack/react-router'
import { useRequestChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { HomeAccessDocument } from './home.generated'
import classes from './Panels.module.css'

/** How much the person has, what of it ends soon, and what is on its way. */
export function AccessPanel() {
  const [{ data, error }, read] = useReading({ query: HomeAccessDocument, requestPolicy: 'cache-and-network' })
  useRequestChanges(() => read({ requestPolicy: 'network-only' }))
  return (
    <Section
      title={t.held.title}
      panel
      aside={
        <Link to="/my-access" className={classes.small}>
          {t.held.homeAll}
        </Link>
      }
    >
      {error && !data ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !data ? (
        <Skeleton lines={2} />
      ) : (
        <>
          <p>
            {t.held.home(data.all.totalCount)}{' '}
            {data.moving.totalCount > 0 && (
              <Link to="/my-access" search={{ view: 'ON_THE_WAY' }} className="underlined">
                {t.held.homeMoving(data.moving.totalCount)}
              </Link>
            )}
          </p>
          {data.soon.totalCount > 0 && (
            <>
              <p>
                <Link to="/my-access" search={{ view: 'ENDS_SOON' }} className="underlined">
                  {t.held.homeSoon(data.soon.totalCount)}
                </Link>
              </p>
              <ul className={classes.rows}>
                {data.soon.nodes.map((held) => (
                  <li key={held.id}>
                    <Link to="/my-access" search={{ view: 'ENDS_SOON', open: held.id }} className={classes.row}>
                      <span className={classes.grow}>{held.name}</span>
                      <span className={classes.small}>{held.until && formatLastDay(held.until)}</span>
                    </Link>
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </Section>
  )
}
