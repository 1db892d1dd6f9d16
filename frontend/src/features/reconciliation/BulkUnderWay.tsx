import { Link } from '@tanstack/react-router'
import { BulkUnderWayDocument } from '../../graphql/bulk.generated'
import type { BulkKind } from '../../graphql/types.generated'
import { useReconciliationChanges } from '../../graphql/live'
import { useReading } from '../../graphql/useReading'
import { useStopBulk } from '../../graphql/useStopBulk'
import { t } from '../../lib/texts'
import { BulkProgress } from '../../ui/BulkProgress'
import { StopBulk } from '../../ui/StopBulk'
import classes from './BulkUnderWay.module.css'

/** The bulk changes of some kinds that the server carries out now: the page may be left meanwhile. */
export function BulkUnderWay({ kinds }: { kinds: BulkKind[] }) {
  const [{ data }, read] = useReading({
    query: BulkUnderWayDocument,
    variables: { kinds },
    requestPolicy: 'cache-and-network',
  })
  useReconciliationChanges(() => read({ requestPolicy: 'network-only' }))
  const { stop, stopping } = useStopBulk()
  const changes = data?.bulkChanges.nodes ?? []
  return (
    <>
      {changes.length > 0 && (
        <ul className={classes.changes} aria-label={t.bulk.title}>
          {changes.map((change) => (
            <li key={change.id} className={classes.change}>
              <strong>{t.bulk.decisions[change.decision]}</strong>
              <span className={classes.bar}>
                <BulkProgress change={change} />
              </span>
              <span className="num">{t.bulk.numbers(change)}</span>
              <Link to="/bulk/$bulkId" params={{ bulkId: change.id }} className="underlined">
                {t.bulk.follow}
              </Link>
              {change.isMine && <StopBulk stop={() => stop(change.id)} stopping={stopping} />}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
