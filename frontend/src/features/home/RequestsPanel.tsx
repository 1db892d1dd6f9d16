import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useRequestChanges } from '../../graphql/live'
import { mayRequest } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import type { RequestState } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { requestStates } from '../../lib/requestStates'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { MyOpenRequestsDocument } from './home.generated'
import classes from './Panels.module.css'

const open: RequestState[] = ['SUBMITTED', 'IN_APPROVAL', 'APPROVED']

/** What the person asked for and that is under way, and the way to ask for more. */
export function RequestsPanel() {
  const me = useMe()
  const [{ data, error }, read] = useReading({
    query: MyOpenRequestsDocument,
    variables: { states: open },
    requestPolicy: 'cache-and-network',
  })
  useRequestChanges(() => read({ requestPolicy: 'network-only' }))
  const items = data?.requestItems.nodes
  const total = data?.requestItems.totalCount ?? 0
  return (
    <Section
      title={t.request.homeMine}
      panel
      aside={
        <Link to="/requests" className={classes.small}>
          {items && total > items.length ? t.request.homeAll(total) : t.common.all}
        </Link>
      }
    >
      {error && !items ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !items ? (
        <Skeleton lines={3} />
      ) : items.length === 0 ? (
        <p className="dim">{t.request.homeNone}</p>
      ) : (
        <ul className={classes.rows}>
          {items.map((item) => {
            const { tone, icon, word, hint } = requestStates[item.state]
            return (
              <li key={item.id}>
                <Link to="/requests/$itemId" params={{ itemId: item.id }} search={{}} className={classes.row}>
                  <span className={classes.grow}>
                    {item.objectName}
                    <span className="dim"> · {item.owner.displayName}</span>
                  </span>
                  <span className={classes.small}>
                    <RelativeTime at={item.submittedAt} />
                  </span>
                  <Badge tone={tone} icon={icon} word={word} hint={hint} />
                </Link>
              </li>
            )
          })}
        </ul>
      )}
      {mayRequest(me) && (
        <div>
          <Button component={Link} to="/request">
            {t.request.newRequest}
          </Button>
        </div>
      )}
    </Section>
  )
}
