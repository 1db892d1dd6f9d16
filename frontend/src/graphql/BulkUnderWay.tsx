import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { t } from '../lib/texts'
import { BulkUnderWayDocument } from './bulk.generated'
import classes from './Bulk.module.css'
import { BulkProgress } from './BulkProgress'
import type { BulkKind } from './types.generated'
import { useEverySecond } from './useEverySecond'
import { useReading } from './useReading'
import { useStopBulk } from './useStopBulk'

/** The bulk changes of some kinds that the server carries out now: the page may be left meanwhile. */
export function BulkUnderWay({ kinds }: { kinds: BulkKind[] }) {
  const [{ data }, read] = useReading({
    query: BulkUnderWayDocument,
    variables: { kinds },
    requestPolicy: 'cache-and-network',
  })
  useEverySecond(() => read({ requestPolicy: 'network-only' }), true)
  const { ask, question } = useStopBulk()
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
              <Link to="/bulk/$bulkId" params={{ bulkId: change.id }}>
                {t.bulk.follow}
              </Link>
              {change.isMine && (
                <Button variant="default" onClick={() => ask(change.id)}>
                  {t.bulk.stop}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {question}
    </>
  )
}
