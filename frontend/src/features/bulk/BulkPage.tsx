import { Button } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMutation } from 'urql'
import { StartBulkChangeDocument } from '../../graphql/bulk.generated'
import { toProblem } from '../../graphql/problem'
import { BulkChangesChangedDocument } from '../../graphql/live.generated'
import { useTold } from '../../graphql/useTold'
import { useReading } from '../../graphql/useReading'
import { useStopBulk } from '../../graphql/useStopBulk'
import { actorName } from '../../lib/actor'
import { bulkLooks, bulkMoves } from '../../lib/bulkLooks'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { BulkProgress } from '../../ui/BulkProgress'
import { EmptyNote } from '../../ui/EmptyNote'
import { SelectFilter } from '../../ui/Filters'
import { notifyProblem } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { StopBulk } from '../../ui/StopBulk'
import classes from './Bulk.module.css'
import { BulkDetailDocument } from './bulk.generated'
import { BulkItems } from './BulkItems'
import { itemViews, parseBulkSearch, type BulkSearch } from './bulkSearch'

/** One bulk change: how far it is, and what became of each item. It can be left, and found again. */
export function BulkPage() {
  const { bulkId = '' } = useParams({ strict: false })
  const search = parseBulkSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const [{ data, error, fetching }, read] = useReading({
    query: BulkDetailDocument,
    variables: { id: bulkId },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  const change = data?.bulkChange
  const moves = change != null && bulkMoves(change.state)
  useTold(BulkChangesChangedDocument, {}, reload)
  const { stop, stopping } = useStopBulk()
  const [starting, start] = useMutation(StartBulkChangeDocument)
  const show = (next: BulkSearch) =>
    void navigate({ to: '/bulk/$bulkId', params: { bulkId }, search: next, replace: true })

  if (!change) {
    return (
      <Page title={t.bulk.numbered(bulkId)} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={reload} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
        )}
      </Page>
    )
  }

  const again = async () => {
    const { data: made, error: failure } = await start({ input: { again: change.id } })
    if (failure) return notifyProblem(toProblem(failure))
    if (made) void navigate({ to: '/bulk/$bulkId', params: { bulkId: made.startBulkChange.bulkChange.id } })
  }
  const waiting = change.total - change.done - change.skipped - change.failed
  const counts = { DONE: change.done, SKIPPED: change.skipped, FAILED: change.failed, TODO: waiting }
  return (
    <Page
      title={t.bulk.numbered(change.id)}
      heading={
        <>
          {t.bulk.decisions[change.decision]}
          {change.about && `: ${change.about}`} <Badge {...bulkLooks[change.state]} spin={change.state === 'RUNNING'} />
        </>
      }
      hint={
        <>
          {t.bulk.numbered(change.id)} · {t.bulk.kindOf(change)} · {actorName(change.actor, change.actorName)} ·{' '}
          <RelativeTime at={change.createdAt} />
          {change.againId && (
            <>
              {' · '}
              <Link to="/bulk/$bulkId" params={{ bulkId: change.againId }} className="underlined">
                {t.bulk.again(change.againId)}
              </Link>
            </>
          )}
        </>
      }
      actions={
        change.isMine && (
          <>
            {moves && <StopBulk stop={() => stop(change.id)} stopping={stopping} />}
            {!moves && change.failed > 0 && (
              <Button loading={starting.fetching} onClick={() => void again()}>
                {t.bulk.tryAgain(change.failed)}
              </Button>
            )}
          </>
        )
      }
      nav={
        <div className={classes.head}>
          <BulkProgress change={change} />
          <p role="status">
            {t.bulk.numbers(change)}
            {change.state === 'CANCELLED' && waiting > 0 && `. ${t.bulk.notYet(waiting)}`}
          </p>
          {change.failure && <p>{change.failure}</p>}
          {change.comment && (
            <p className="dim">
              {t.common.comment}: {change.comment}
            </p>
          )}
        </div>
      }
    >
      {change.isMine ? (
        <BulkItems
          change={change}
          view={search.view}
          filters={
            <SelectFilter
              label={t.bulk.view}
              any={t.bulk.allItems}
              value={search.view}
              options={itemViews.map((value) => ({ value, label: `${t.bulk.items[value]} ${counts[value]}` }))}
              onChange={(view) => show({ view })}
            />
          }
          onClear={search.view && (() => show({}))}
        />
      ) : (
        <EmptyNote title={t.bulk.notYours} hint={t.bulk.notYoursHint} />
      )}
    </Page>
  )
}
