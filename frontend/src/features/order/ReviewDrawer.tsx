import { Button, TextInput } from '@mantine/core'
import { Link, useNavigate, useParams, useRouterState, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { toProblem } from '../../graphql/problem'
import type { LineDecision } from '../../graphql/types.generated'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { OrderStepper } from '../../ui/OrderStepper'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { LineDecisions } from './LineDecisions'
import { OrderDetailDocument, UnblockOrdersDocument, type OrderDetailFragment } from './order.generated'
import { OrderErrorNote } from './OrderErrorNote'
import { lineName, OrderLines } from './OrderLines'
import type { OrderSearch } from './orderSearch'
import { orderTitle } from './orderTitle'
import { OwnerCard } from './OwnerCard'
import { useQueue } from './queue'
import classes from './ReviewDrawer.module.css'
import { useReviewOrders } from './useReviewOrders'

/** One order to decide, beside the list of review or of errors. */
export function ReviewDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const list = useRouterState({ select: (s) => (s.location.pathname.startsWith('/errors') ? '/errors' : '/review') })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const [{ data, error, fetching }, read] = useQuery({
    query: OrderDetailDocument,
    variables: { id: orderId },
    requestPolicy: 'cache-and-network',
  })
  const order = data?.order?.id === orderId ? data.order : null
  const close = () => void navigate({ to: list, search })
  const decided = (stays?: boolean) => {
    const next = neighbour(orderId, queue.ids)
    queue.onDecided(orderId, stays)
    if (next && next !== orderId)
      void navigate({ to: `${list}/$orderId`, params: { orderId: next }, search, replace: true })
    else close()
  }

  if (!order) {
    return (
      <Drawer title={t.order.one} subject={orderId} onClose={close}>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
        )}
      </Drawer>
    )
  }
  return (
    <Decide
      key={order.id}
      order={order}
      onDecided={decided}
      onClose={close}
      onStale={() => read({ requestPolicy: 'network-only' })}
    />
  )
}

function Decide(props: {
  order: OrderDetailFragment
  onDecided: (stays?: boolean) => void
  onClose: () => void
  onStale: () => void
}) {
  const { order } = props
  const { review, busy } = useReviewOrders()
  const [{ fetching: unblocking }, unblock] = useMutation(UnblockOrdersDocument)
  const [choices, setChoices] = useState<Record<string, LineDecision>>({})
  const [comment, setComment] = useState('')
  const [asking, setAsking] = useState<'decline' | 'lines' | null>(null)
  const commentField = useRef<HTMLInputElement>(null)

  const waiting = order.lines.filter((line) => line.state === 'AWAITING_APPROVAL')
  const isErrored = order.state === 'ERRORED' || order.state === 'ERROR'
  const mixed = waiting.some((line) => (choices[line.id] ?? 'APPROVE') !== 'APPROVE')
  const lineInput = (of: (id: string) => LineDecision) =>
    waiting.map((line) => ({ lineId: line.id, decision: of(line.id), version: line.version }))

  const send = async (decision: LineDecision | 'LINES', reason = comment) => {
    if (busy || unblocking) return
    const input =
      decision === 'LINES'
        ? { lines: lineInput((id) => choices[id] ?? 'APPROVE') }
        : waiting.length > 0
          ? { lines: lineInput(() => decision) }
          : { decision }
    const problem = await review(order.id, input, reason)
    setAsking(null)
    if (problem) {
      notifyProblem(problem)
      props.onStale()
      return
    }
    notifyDone(`${t.review.decided[decision]}: ${orderTitle(order)}`)
    const postponed = decision === 'POSTPONE' || (decision === 'LINES' && Object.values(choices).includes('POSTPONE'))
    props.onDecided(postponed)
  }
  const sendUnblock = async () => {
    if (busy || unblocking) return
    const { data, error } = await unblock({ input: { orderIds: [order.id], comment: comment || undefined } })
    const problem = error ? toProblem(error) : data?.unblockOrders.results.find((r) => r.error)?.error
    if (problem) {
      notifyProblem(problem)
      props.onStale()
      return
    }
    notifyDone(t.order.unblocked(1))
    props.onDecided()
  }

  const decidable = waiting.length > 0 || isErrored
  const approve = () => {
    if (isErrored) void sendUnblock()
    else if (!mixed) void send('APPROVE')
    else if (Object.values(choices).includes('DECLINE') && !comment.trim()) setAsking('lines')
    else void send('LINES')
  }
  useKeys(
    decidable
      ? [
          { key: 'a', label: isErrored ? t.order.unblock : t.review.approve, run: approve },
          { key: 'd', label: t.review.decline, run: () => setAsking('decline') },
          ...(isErrored ? [] : [{ key: 'p', label: t.review.postpone, run: () => void send('POSTPONE') }]),
          { key: 'c', label: t.review.comment, run: () => commentField.current?.focus() },
        ]
      : [],
  )

  return (
    <Drawer
      title={orderTitle(order)}
      subject={order.id}
      onClose={props.onClose}
      pageLink={(icon) => (
        <Link to="/order/$orderId" params={{ orderId: order.id }} title={t.common.openPage}>
          {icon}
        </Link>
      )}
      sub={
        <>
          <StateBadge state={order.state} />
          {order.connector && <span>{t.review.onConnector(order.connector.displayName)}</span>}
          <RelativeTime at={order.createdAt} />
          {order.postponedAt && <span>{t.review.postponed}</span>}
        </>
      }
      footer={
        decidable ? (
          <div className={classes.foot}>
            <TextInput
              ref={commentField}
              aria-label={t.review.comment}
              placeholder={`${t.review.comment} (${t.common.optional})`}
              maxLength={4000}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') {
                  event.stopPropagation()
                  event.currentTarget.blur()
                }
              }}
            />
            <div className={classes.buttons}>
              <Button loading={busy || unblocking} onClick={approve} rightSection={<kbd>a</kbd>}>
                {isErrored ? t.order.unblock : mixed ? t.review.confirmLines : t.review.confirm[order.kind]}
              </Button>
              <Button variant="default" onClick={() => setAsking('decline')} rightSection={<kbd>d</kbd>}>
                {isErrored ? `${t.review.decline}…` : t.review.refuse[order.kind]}
              </Button>
              {!isErrored && (
                <Button variant="subtle" color="gray" onClick={() => void send('POSTPONE')} rightSection={<kbd>p</kbd>}>
                  {t.review.postpone}
                </Button>
              )}
            </div>
          </div>
        ) : (
          <p className="dim">{t.review.done}</p>
        )
      }
    >
      <OrderStepper
        state={order.state}
        isManual={order.isManual}
        isReviewed={order.resourceType.blockProvisioning || order.reviewedAt != null}
        history={order.history}
        createdAt={order.createdAt}
      />
      <OrderErrorNote order={order} />
      <OwnerCard owner={order.owner} />
      <Section title={order.kind === 'DELETE' ? t.review.whatWillBeDeleted : t.review.whatWillBeWritten}>
        <OrderLines
          lines={order.lines}
          orderError={order.error?.message}
          quietState={!isErrored && waiting.length === order.lines.length}
          lead={
            isErrored || order.kind === 'DELETE' || waiting.length < 2
              ? undefined
              : (line) => (
                  <LineDecisions
                    label={lineName(line)}
                    disabled={line.state !== 'AWAITING_APPROVAL'}
                    value={line.state === 'AWAITING_APPROVAL' ? (choices[line.id] ?? 'APPROVE') : null}
                    onChange={(decision) => setChoices((old) => ({ ...old, [line.id]: decision }))}
                  />
                )
          }
        />
      </Section>
      {asking && (
        <ConfirmDialog
          title={asking === 'lines' ? t.review.declineLinesTitle : t.review.declineTitle(1)}
          text={t.review.declineText}
          action={asking === 'lines' ? t.review.confirmLines : t.review.decline}
          danger
          busy={busy}
          reason={{ label: t.review.declineReason, required: true }}
          onConfirm={(reason) => void send(asking === 'lines' ? 'LINES' : 'DECLINE', reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </Drawer>
  )
}
