import { Button, TextInput } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation, type CombinedError } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useOfflineSince } from '../../graphql/socketStatus'
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
import { Instruction } from './Instruction'
import classes from './ReviewDrawer.module.css'
import {
  ConfirmManualOrdersDocument,
  ReleaseManualOrdersDocument,
  ReportManualOrderErrorsDocument,
  TakeManualOrdersDocument,
  type BulkResultFragment,
  type OrderDetailFragment,
} from './order.generated'
import { OrderErrorNote } from './OrderErrorNote'
import { OrderFrame } from './OrderFrame'
import { OrderHistory } from './OrderHistory'
import type { OrderSearch } from './orderSearch'
import { orderPhrase, orderTitle } from './orderTitle'
import { OwnerCard } from './OwnerCard'
import { useQueue } from './queue'
import { useOrderInDrawer, type ShownOrder } from './useOrderInDrawer'

/** One ticket as an instruction, beside the queue. */
export function ManualDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const shown = useOrderInDrawer(orderId)
  const close = () => void navigate({ to: '/manual', search })
  const ticket = useTicket(shown, () => {
    const next = neighbour(orderId, queue.ids)
    queue.onDecided(orderId)
    if (next && next !== orderId)
      void navigate({ to: '/manual/$orderId', params: { orderId: next }, search, replace: true })
    else close()
  })
  const { order } = shown

  return (
    <OrderFrame
      shown={shown}
      onClose={close}
      sub={
        order && (
          <>
            <StateBadge state={order.state} />
            <span>
              {t.manual.opened} <RelativeTime at={order.transmittedAt ?? order.createdAt} />
            </span>
            {order.assignee && (
              <span>
                {t.order.assignee} {order.assignee}
              </span>
            )}
          </>
        )
      }
      footer={
        order &&
        (ticket.open ? (
          <TicketActions order={order} {...ticket} />
        ) : (
          <DecidedNote order={order} text={ticket.comment} />
        ))
      }
    >
      {order && (
        <>
          <OrderStepper
            state={order.state}
            isManual={order.isManual}
            isReviewed={order.resourceType.blockProvisioning || order.reviewedAt != null}
            history={order.history}
            createdAt={order.createdAt}
          />
          <OrderErrorNote order={order} />
          <Instruction order={order} />
          <OwnerCard owner={order.owner} />
          <Section title={t.order.history}>
            <OrderHistory entries={order.history} lines={order.lines} />
          </Section>
          {ticket.asking && (
            <ConfirmDialog
              title={t.manual.reportOneTitle(orderPhrase(order))}
              text={t.manual.reportText}
              action={t.manual.report.replace('…', '')}
              danger
              busy={ticket.sending}
              reason={{
                label: t.manual.reportReason,
                required: true,
                max: 4000,
                value: ticket.comment,
                onChange: ticket.setComment,
              }}
              onConfirm={(message) => void ticket.sendError(message)}
              onClose={ticket.cancel}
            />
          )}
        </>
      )}
    </OrderFrame>
  )
}

type Ticket = ReturnType<typeof useTicket>

/** What is typed and sent for the ticket on screen. Nothing can be sent while another one is asked for. */
function useTicket(shown: ShownOrder, onDecided: () => void) {
  const { order, ready } = shown
  const id = order?.id ?? ''
  const [confirming, confirm] = useMutation(ConfirmManualOrdersDocument)
  const [reporting, report] = useMutation(ReportManualOrderErrorsDocument)
  const [taking, take] = useMutation(TakeManualOrdersDocument)
  const [releasing, release] = useMutation(ReleaseManualOrdersDocument)
  const [createdKey, setCreatedKey] = useDraft(`order.${id}.key`)
  const [comment, setComment] = useDraft(`order.${id}`)
  const [asking, setAsking] = useState(false)
  const sending = confirming.fetching || reporting.fetching || taking.fetching || releasing.fetching
  const offline = useOfflineSince() !== null
  const busy = !ready || offline || sending
  const open = order?.state === 'TRANSMITTED' && !order.isOwn

  const settle = (
    results: BulkResultFragment[] | undefined,
    error: CombinedError | undefined,
    message: string,
    done: () => void,
  ) => {
    const problem = error ? toProblem(error) : results?.find((r) => r.error)?.error
    if (problem) {
      notifyProblem(problem)
      shown.reload()
      return
    }
    notifyDone(message)
    done()
  }
  const ended = () => {
    setComment('')
    setCreatedKey('')
    onDecided()
  }
  const sendDone = async () => {
    if (busy || !order) return
    const { data, error } = await confirm({
      input: {
        orderIds: [order.id],
        comment: comment.trim() || undefined,
        createdKey: createdKey.trim() || undefined,
      },
    })
    settle(data?.confirmManualOrders.results, error, `${t.manual.confirmed}: ${orderTitle(order)}`, ended)
  }
  const sendError = async (message: string) => {
    if (busy || !order) return
    const { data, error } = await report({ input: { orderIds: [order.id], message } })
    setAsking(false)
    settle(data?.reportManualOrderErrors.results, error, `${t.manual.reported}: ${orderTitle(order)}`, ended)
  }
  const toggleTaken = async () => {
    if (busy || !order) return
    const input = { orderIds: [order.id] }
    if (order.assignee) {
      const { data, error } = await release({ input })
      settle(data?.releaseManualOrders.results, error, t.manual.released, shown.reload)
    } else {
      const { data, error } = await take({ input })
      settle(data?.takeManualOrders.results, error, t.manual.taken, shown.reload)
    }
  }
  const ask = () => {
    if (!busy) setAsking(true)
  }
  useKeys(
    open && ready && !offline
      ? [
          { key: 'a', label: t.manual.done, run: () => void sendDone() },
          { key: 'd', label: t.manual.report.replace('…', ''), run: ask },
          { key: 't', label: order.assignee ? t.manual.release : t.manual.take, run: () => void toggleTaken() },
        ]
      : [],
  )
  return {
    open,
    busy,
    sending,
    offline,
    comment,
    setComment,
    createdKey,
    setCreatedKey,
    asking,
    ask,
    cancel: () => setAsking(false),
    sendDone,
    sendError,
    toggleTaken,
  }
}

/** What the operator types and presses below the instruction. */
function TicketActions({ order, ...ticket }: Ticket & { order: OrderDetailFragment }) {
  const { username } = useMe()
  return (
    <div className={classes.foot}>
      {order.kind === 'CREATE' && (
        <TextInput
          label={`${t.manual.createdKey} (${t.common.optional})`}
          description={t.manual.createdKeyHint}
          value={ticket.createdKey}
          maxLength={400}
          onChange={(event) => ticket.setCreatedKey(event.currentTarget.value)}
        />
      )}
      <TextInput
        aria-label={t.common.comment}
        placeholder={`${t.common.comment} (${t.common.optional})`}
        maxLength={4000}
        value={ticket.comment}
        onChange={(event) => ticket.setComment(event.currentTarget.value)}
      />
      {ticket.offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        <Button
          loading={ticket.sending}
          disabled={ticket.offline}
          onClick={() => void ticket.sendDone()}
          rightSection={<kbd>a</kbd>}
        >
          {t.manual.done}
        </Button>
        <Button variant="default" disabled={ticket.busy} onClick={ticket.ask} rightSection={<kbd>d</kbd>}>
          {t.manual.report}
        </Button>
        {(!order.assignee || order.assignee === username) && (
          <Button
            variant="subtle"
            color="gray"
            disabled={ticket.busy}
            onClick={() => void ticket.toggleTaken()}
            rightSection={<kbd>t</kbd>}
          >
            {order.assignee ? t.manual.release : t.manual.take}
          </Button>
        )}
      </div>
    </div>
  )
}
