import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { formatDuration, formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { CopyButton } from '../../ui/CopyButton'
import { cx } from '../../ui/cx'
import { Fields } from '../../ui/Fields'
import { Json } from '../../ui/Json'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { OrderStepper } from '../../ui/OrderStepper'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { ReconsiderOrdersDocument, type OrderBodyFragment } from './OrderBody.generated'
import { UnblockOrdersDocument } from './queueActions.generated'
import classes from './OrderBody.module.css'
import { OrderErrorNote } from './OrderErrorNote'
import { OrderHistory } from './OrderHistory'
import { OrderLines } from './OrderLines'
import { orderPhrase } from './orderTitle'
import { OwnerCard } from './OwnerCard'

/** Everything about one order; in a drawer one below the other, on a page in two columns. */
export function OrderBody(props: { order: OrderBodyFragment; onChanged: () => void; wide?: boolean }) {
  const { order } = props
  return (
    <>
      <OrderStepper
        state={order.state}
        isManual={order.isManual}
        isReviewed={order.resourceType.blockProvisioning || order.reviewedAt != null}
        history={order.history}
        createdAt={order.createdAt}
      />
      <OrderActions order={order} onChanged={props.onChanged} />
      <div className={cx(classes.columns, props.wide && classes.wide)}>
        <div className={classes.column}>
          <OrderErrorNote order={order} />
          <OwnerCard owner={order.owner} />
          <Section title={t.order.lines}>
            <OrderLines lines={order.lines} orderError={order.error?.message} />
          </Section>
          <Section title={t.order.attemptsTitle}>
            <Attempts order={order} />
          </Section>
          {order.payload != null && (
            <details className={classes.payload}>
              <summary>{t.order.payload}</summary>
              <CopyButton text={JSON.stringify(order.payload, null, 2)} what={t.order.payload} />
              <Json value={order.payload} label={t.order.payload} />
            </details>
          )}
        </div>
        <div className={classes.column}>
          <Section title={t.common.details}>
            <Fields rows={facts(order)} />
          </Section>
          <Section title={t.order.history}>
            <OrderHistory entries={order.history} lines={order.lines} />
          </Section>
        </div>
      </div>
    </>
  )
}

function facts(order: OrderBodyFragment): [string, ReactNode][] {
  const when = (at: string | null | undefined) => (at ? <RelativeTime at={at} /> : null)
  return [
    [t.order.resourceType, order.resourceType.displayName],
    [t.order.system, order.connector?.displayName],
    [t.order.target, order.target ? `${order.target.displayName} (${order.target.key})` : t.order.toCreate],
    [t.order.waitsBecause, order.waits ? t.waitReason[order.waits] : null],
    [t.order.due, when(order.dueAt)],
    [t.order.created, when(order.createdAt)],
    [
      t.review.decided.APPROVE,
      order.reviewedBy ? (
        <>
          {order.reviewedBy}, {when(order.reviewedAt)}
        </>
      ) : null,
    ],
    [t.review.postponed, when(order.postponedAt)],
    [t.order.assignee, order.assignee],
    [t.state.TRANSMITTED.word, when(order.transmittedAt)],
    [t.state.EXECUTED.word, when(order.executedAt)],
    [t.state.VERIFIED.word, when(order.verifiedAt)],
    [t.order.attempts, order.attempt > 0 ? String(order.attempt) : null],
    ['', order.unverifiedCount > 0 ? t.order.unverified(order.unverifiedCount) : null],
    [
      'Id',
      <span key="id" className="mono">
        {order.id}
      </span>,
    ],
  ]
}

function OrderActions({ order, onChanged }: { order: OrderBodyFragment; onChanged: () => void }) {
  const { scopes } = useMe()
  const [unblocking, unblock] = useMutation(UnblockOrdersDocument)
  const [reconsidering, reconsider] = useMutation(ReconsiderOrdersDocument)
  const [asking, setAsking] = useState<'unblock' | 'reconsider' | null>(null)
  const mayReview = scopes.reviewProvisioning.includes(order.owner?.entityType ?? '')
  const isDeclined = order.state === 'INACTIVE' && order.lines.some((line) => line.workflow === 'DECLINED')
  const isErrored = order.state === 'ERRORED'
  if (!mayReview || (!isErrored && !isDeclined)) return null

  const send = async (comment: string) => {
    const input = { orderIds: [order.id], comment: comment || undefined }
    const isUnblock = asking === 'unblock'
    let results
    let failure
    if (isUnblock) {
      const { data, error } = await unblock({ input })
      results = data?.unblockOrders.results
      failure = error
    } else {
      const { data, error } = await reconsider({ input })
      results = data?.reconsiderOrders.results
      failure = error
    }
    setAsking(null)
    const problem = failure ? toProblem(failure) : results?.find((r) => r.error)?.error
    if (problem) notifyProblem(problem)
    else notifyDone(isUnblock ? t.order.unblocked(1) : t.order.reconsidered)
    onChanged()
  }
  return (
    <div className={classes.actions}>
      {isErrored && <Button onClick={() => setAsking('unblock')}>{t.order.unblock}</Button>}
      {isDeclined && (
        <Button variant="default" onClick={() => setAsking('reconsider')}>
          {t.order.reconsider}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title={
            asking === 'unblock'
              ? t.order.unblockOneTitle(orderPhrase(order))
              : t.order.reconsiderOneTitle(orderPhrase(order))
          }
          text={asking === 'unblock' ? t.order.unblockText : t.order.reconsiderText}
          action={asking === 'unblock' ? t.order.unblock : t.order.reconsider}
          busy={unblocking.fetching || reconsidering.fetching}
          reason={{ label: t.review.comment }}
          onConfirm={(comment) => void send(comment)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}

function Attempts({ order }: { order: OrderBodyFragment }) {
  if (order.attempts.length === 0) return <p className="dim">{t.order.noAttempts}</p>
  return (
    <ol className={classes.attempts}>
      {order.attempts
        .toSorted((a, b) => b.attempt - a.attempt)
        .map((attempt) => (
          <li key={attempt.attempt}>
            <div className={classes.attemptHead}>
              <strong>{t.order.attempt(attempt.attempt)}</strong>
              <span title={formatExact(attempt.startedAt)}>
                <RelativeTime at={attempt.startedAt} />
              </span>
              {attempt.endedAt && (
                <span className="dim num">
                  {formatDuration(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt))}
                </span>
              )}
              <span>{attempt.outcome ? t.order.outcomes[attempt.outcome] : t.jobState.IN_PROGRESS}</span>
            </div>
            {attempt.message && <p className={classes.message}>{attempt.message}</p>}
            <details className="dim">
              <summary>{t.common.details}</summary>
              {t.order.worker} <code>{attempt.worker}</code> · {t.order.idempotency}{' '}
              <code>{attempt.idempotencyKey}</code>
            </details>
          </li>
        ))}
    </ol>
  )
}
