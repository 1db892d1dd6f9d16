import { Button, TextInput } from '@mantine/core'
import { useNavigate, useParams, useRouterState, useSearch } from '@tanstack/react-router'
import { useRef, useState, type Ref } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { LineDecision } from '../../graphql/types.generated'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { OrderStepper } from '../../ui/OrderStepper'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { StateBadge } from '../../ui/StateBadge'
import { useDraft } from '../../ui/useDraft'
import { DecidedNote } from './DecidedNote'
import { LineDecisions } from './LineDecisions'
import { UnblockOrdersDocument, type OrderDetailFragment } from './order.generated'
import { OrderErrorNote } from './OrderErrorNote'
import { OrderFrame } from './OrderFrame'
import { lineName, OrderLines } from './OrderLines'
import type { OrderSearch } from './orderSearch'
import { orderPhrase, orderTitle } from './orderTitle'
import { OwnerCard } from './OwnerCard'
import { useQueue } from './queue'
import classes from './ReviewDrawer.module.css'
import { useOrderInDrawer, type ShownOrder } from './useOrderInDrawer'
import { useReviewOrders } from './useReviewOrders'

/** One order to decide, beside the list of review or of errors. */
export function ReviewDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const list = useRouterState({ select: (s) => (s.location.pathname.startsWith('/errors') ? '/errors' : '/review') })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const shown = useOrderInDrawer(orderId)
  const close = () => void navigate({ to: list, search })
  const decided = (stays?: boolean) => {
    const next = neighbour(orderId, queue.ids)
    queue.onDecided(orderId, stays)
    if (next && next !== orderId)
      void navigate({ to: `${list}/$orderId`, params: { orderId: next }, search, replace: true })
    else close()
  }
  const { order } = shown
  const commentField = useRef<HTMLInputElement>(null)
  const decision = useDecision(shown, decided, () => commentField.current?.focus())

  return (
    <OrderFrame
      shown={shown}
      onClose={close}
      sub={
        order && (
          <>
            <StateBadge state={order.state} />
            {order.connector && <span>{t.review.onConnector(order.connector.displayName)}</span>}
            <RelativeTime at={order.createdAt} />
            {order.postponedAt && <span>{t.review.postponed}</span>}
          </>
        )
      }
      footer={
        order &&
        (decision.decidable ? (
          <Decisions order={order} field={commentField} {...decision} />
        ) : (
          <DecidedNote order={order} text={decision.comment} />
        ))
      }
    >
      {order && <OrderToDecide order={order} {...decision} />}
    </OrderFrame>
  )
}

type Decision = ReturnType<typeof useDecision>

const noLines: OrderDetailFragment['lines'] = []

/** What is chosen, typed and sent for the order on screen. Nothing can be sent while another one is asked for. */
function useDecision(shown: ShownOrder, onDecided: (stays?: boolean) => void, toComment: () => void) {
  const { order, ready } = shown
  const id = order?.id ?? ''
  const { review, busy: reviewing } = useReviewOrders()
  const [{ fetching: unblocking }, unblock] = useMutation(UnblockOrdersDocument)
  const [chosen, setChosen] = useState<{ id: string; lines: Record<string, LineDecision> }>({ id: '', lines: {} })
  const [comment, setComment] = useDraft(`order.${id}`)
  const [asking, setAsking] = useState<'approve' | 'decline' | 'lines' | null>(null)

  const choices = chosen.id === id ? chosen.lines : {}
  const lines = order?.lines ?? noLines
  const waiting = lines.filter((line) => line.state === 'AWAITING_APPROVAL')
  const isErrored = order?.state === 'ERRORED' || order?.state === 'ERROR'
  const mixed = waiting.some((line) => (choices[line.id] ?? 'APPROVE') !== 'APPROVE')
  const decidable = order !== null && !order.isOwn && (waiting.length > 0 || isErrored)
  const offline = useOfflineSince() !== null
  const busy = !ready || offline || reviewing || unblocking

  const fail = (problem: Problem) => {
    notifyProblem(problem)
    shown.reload()
  }
  const send = async (decision: LineDecision | 'LINES', reason = comment) => {
    if (busy || !order) return
    const lineInput = (of: (id: string) => LineDecision) =>
      waiting.map((line) => ({ lineId: line.id, decision: of(line.id), version: line.version }))
    const input =
      decision === 'LINES'
        ? { lines: lineInput((line) => choices[line] ?? 'APPROVE') }
        : waiting.length > 0
          ? { lines: lineInput(() => decision) }
          : { decision }
    const problem = await review(order.id, input, reason.trim())
    setAsking(null)
    if (problem) return fail(problem)
    setComment('')
    notifyDone(`${t.review.decided[decision]}: ${orderTitle(order)}`)
    const postponed = decision === 'POSTPONE' || (decision === 'LINES' && Object.values(choices).includes('POSTPONE'))
    onDecided(postponed)
  }
  const sendAgain = async () => {
    if (busy || !order) return
    const { data, error } = await unblock({ input: { orderIds: [order.id], comment: comment.trim() || undefined } })
    const problem = error ? toProblem(error) : data?.unblockOrders.results.find((r) => r.error)?.error
    if (problem) return fail(problem)
    setComment('')
    notifyDone(t.order.unblocked(1))
    onDecided()
  }
  const approve = () => {
    if (isErrored) void sendAgain()
    else if (!mixed && order && isAccount(order)) ask('approve')
    else if (!mixed) void send('APPROVE')
    else if (Object.values(choices).includes('DECLINE') && !comment.trim()) ask('lines')
    else void send('LINES')
  }
  const ask = (what: 'approve' | 'decline' | 'lines') => {
    if (!busy) setAsking(what)
  }
  const postpone = () => void send('POSTPONE')
  useKeys(
    decidable && ready && !offline
      ? [
          { key: 'a', label: isErrored ? t.order.unblock : t.review.approve, run: approve },
          { key: 'd', label: t.review.decline, run: () => ask('decline') },
          ...(isErrored ? [] : [{ key: 'p', label: t.review.postpone, run: postpone }]),
          { key: 'c', label: t.review.comment, run: toComment },
        ]
      : [],
  )
  return {
    choices,
    choose: (line: string, decision: LineDecision) => setChosen({ id, lines: { ...choices, [line]: decision } }),
    comment,
    setComment,
    waiting,
    isErrored,
    mixed,
    decidable,
    busy,
    sending: reviewing || unblocking,
    offline,
    asking,
    ask,
    cancel: () => setAsking(null),
    approve,
    postpone,
    send,
  }
}

/** Approving gives, ties or takes away a whole account: that is asked once more. */
function isAccount(order: OrderDetailFragment): boolean {
  return order.kind !== 'UPDATE'
}

/** The comment and the buttons below the order. */
function Decisions({ order, field, ...d }: Decision & { order: OrderDetailFragment; field: Ref<HTMLInputElement> }) {
  return (
    <div className={classes.foot}>
      <TextInput
        ref={field}
        aria-label={t.review.comment}
        placeholder={`${t.review.comment} (${t.common.optional})`}
        maxLength={4000}
        value={d.comment}
        onChange={(event) => d.setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            event.currentTarget.blur()
          }
        }}
      />
      {d.offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        <Button loading={d.sending} disabled={d.offline} onClick={d.approve} rightSection={<kbd>a</kbd>}>
          {d.isErrored ? t.order.unblock : d.mixed ? t.review.confirmLines : t.review.approveKind[order.kind]}
        </Button>
        <Button variant="default" disabled={d.busy} onClick={() => d.ask('decline')} rightSection={<kbd>d</kbd>}>
          {t.review.decline}…
        </Button>
        {!d.isErrored && (
          <Button variant="subtle" color="gray" disabled={d.busy} onClick={d.postpone} rightSection={<kbd>p</kbd>}>
            {t.review.postpone}
          </Button>
        )}
      </div>
    </div>
  )
}

/** What will be written, why, and to whom; the dialog that asks for a reason. */
function OrderToDecide({ order, ...d }: Decision & { order: OrderDetailFragment }) {
  return (
    <>
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
          quietState={!d.isErrored && d.waiting.length === order.lines.length}
          lead={
            d.isErrored || order.kind === 'DELETE' || d.waiting.length < 2
              ? undefined
              : (line) => (
                  <LineDecisions
                    label={lineName(line)}
                    disabled={order.isOwn || line.state !== 'AWAITING_APPROVAL'}
                    value={
                      !order.isOwn && line.state === 'AWAITING_APPROVAL' ? (d.choices[line.id] ?? 'APPROVE') : null
                    }
                    onChange={(decision) => d.choose(line.id, decision)}
                  />
                )
          }
        />
      </Section>
      {d.asking === 'approve' && (
        <ConfirmDialog
          title={t.review.oneTitle.APPROVE(orderPhrase(order))}
          text={t.review.approveText}
          action={t.review.approve}
          danger={order.kind === 'DELETE'}
          busy={d.sending}
          onConfirm={() => void d.send('APPROVE')}
          onClose={d.cancel}
        />
      )}
      {(d.asking === 'decline' || d.asking === 'lines') && (
        <ConfirmDialog
          title={
            d.asking === 'lines'
              ? t.review.declineLinesTitle(orderPhrase(order))
              : t.review.oneTitle.DECLINE(orderPhrase(order))
          }
          text={t.review.declineText}
          action={d.asking === 'lines' ? t.review.confirmLines : t.review.decline}
          danger
          busy={d.sending}
          reason={{ label: t.review.declineReason, required: true, value: d.comment, onChange: d.setComment }}
          onConfirm={(reason) => void d.send(d.asking === 'lines' ? 'LINES' : 'DECLINE', reason)}
          onClose={d.cancel}
        />
      )}
    </>
  )
}
