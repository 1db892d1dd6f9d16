import { Button, TextInput } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
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
import { Instruction } from './Instruction'
import classes from './ReviewDrawer.module.css'
import {
  ConfirmManualOrdersDocument,
  OrderDetailDocument,
  ReleaseManualOrdersDocument,
  ReportManualOrderErrorsDocument,
  TakeManualOrdersDocument,
  type BulkResultFragment,
  type OrderDetailFragment,
} from './order.generated'
import { OrderErrorNote } from './OrderErrorNote'
import { OrderHistory } from './OrderHistory'
import type { OrderSearch } from './orderSearch'
import { orderTitle } from './orderTitle'
import { OwnerCard } from './OwnerCard'
import { useQueue } from './queue'

/** One ticket as an instruction, beside the queue. */
export function ManualDrawer() {
  const { orderId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as OrderSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const [{ data, error, fetching }, read] = useQuery({
    query: OrderDetailDocument,
    variables: { id: orderId },
    requestPolicy: 'cache-and-network',
  })
  const order = data?.order?.id === orderId ? data.order : null
  const close = () => void navigate({ to: '/manual', search })
  const reload = () => read({ requestPolicy: 'network-only' })

  if (!order) {
    return (
      <Drawer title={t.order.one} subject={orderId} onClose={close}>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={reload} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
        )}
      </Drawer>
    )
  }
  return (
    <Ticket
      key={order.id}
      order={order}
      onClose={close}
      onStale={reload}
      onDecided={() => {
        const next = neighbour(orderId, queue.ids)
        queue.onDecided(orderId)
        if (next && next !== orderId)
          void navigate({ to: '/manual/$orderId', params: { orderId: next }, search, replace: true })
        else close()
      }}
    />
  )
}

function Ticket(props: {
  order: OrderDetailFragment
  onClose: () => void
  onStale: () => void
  onDecided: () => void
}) {
  const { order } = props
  const { username } = useMe()
  const [confirming, confirm] = useMutation(ConfirmManualOrdersDocument)
  const [reporting, report] = useMutation(ReportManualOrderErrorsDocument)
  const [taking, take] = useMutation(TakeManualOrdersDocument)
  const [releasing, release] = useMutation(ReleaseManualOrdersDocument)
  const [createdKey, setCreatedKey] = useState('')
  const [comment, setComment] = useState('')
  const [asking, setAsking] = useState(false)
  const busy = confirming.fetching || reporting.fetching || taking.fetching || releasing.fetching
  const open = order.state === 'TRANSMITTED'

  const settle = (
    results: BulkResultFragment[] | undefined,
    error: Problem | null,
    message: string,
    done: () => void,
  ) => {
    const problem = error ?? results?.find((r) => r.error)?.error
    if (problem) {
      notifyProblem(problem)
      props.onStale()
      return
    }
    notifyDone(message)
    done()
  }
  const sendDone = async () => {
    if (busy) return
    const { data, error } = await confirm({
      input: { orderIds: [order.id], comment: comment || undefined, createdKey: createdKey.trim() || undefined },
    })
    const message = `${t.manual.confirmed}: ${orderTitle(order)}`
    settle(data?.confirmManualOrders.results, error ? toProblem(error) : null, message, props.onDecided)
  }
  const sendError = async (message: string) => {
    if (busy) return
    const { data, error } = await report({ input: { orderIds: [order.id], message } })
    setAsking(false)
    const said = `${t.manual.reported}: ${orderTitle(order)}`
    settle(data?.reportManualOrderErrors.results, error ? toProblem(error) : null, said, props.onDecided)
  }
  const toggleTaken = async () => {
    if (busy) return
    const input = { orderIds: [order.id] }
    if (order.assignee) {
      const { data, error } = await release({ input })
      settle(data?.releaseManualOrders.results, error ? toProblem(error) : null, t.manual.released, props.onStale)
    } else {
      const { data, error } = await take({ input })
      settle(data?.takeManualOrders.results, error ? toProblem(error) : null, t.manual.taken, props.onStale)
    }
  }
  useKeys(
    open
      ? [
          { key: 'a', label: t.manual.done, run: () => void sendDone() },
          { key: 'd', label: t.manual.report.replace('…', ''), run: () => setAsking(true) },
          { key: 't', label: order.assignee ? t.manual.release : t.manual.take, run: () => void toggleTaken() },
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
          <span>
            {t.manual.opened} <RelativeTime at={order.transmittedAt ?? order.createdAt} />
          </span>
          {order.assignee && (
            <span>
              {t.order.assignee} {order.assignee}
            </span>
          )}
        </>
      }
      footer={
        open ? (
          <div className={classes.foot}>
            {order.kind === 'CREATE' && (
              <TextInput
                label={`${t.manual.createdKey} (${t.common.optional})`}
                description={t.manual.createdKeyHint}
                value={createdKey}
                maxLength={400}
                onChange={(event) => setCreatedKey(event.currentTarget.value)}
              />
            )}
            <TextInput
              aria-label={t.common.comment}
              placeholder={`${t.common.comment} (${t.common.optional})`}
              maxLength={4000}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
            />
            <div className={classes.buttons}>
              <Button loading={confirming.fetching} onClick={() => void sendDone()} rightSection={<kbd>a</kbd>}>
                {t.manual.done}
              </Button>
              <Button variant="default" onClick={() => setAsking(true)} rightSection={<kbd>d</kbd>}>
                {t.manual.report}
              </Button>
              {(!order.assignee || order.assignee === username) && (
                <Button variant="subtle" color="gray" onClick={() => void toggleTaken()} rightSection={<kbd>t</kbd>}>
                  {order.assignee ? t.manual.release : t.manual.take}
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
      <Instruction order={order} />
      <OwnerCard owner={order.owner} />
      <Section title={t.order.history}>
        <OrderHistory entries={order.history} lines={order.lines} />
      </Section>
      {asking && (
        <ConfirmDialog
          title={t.manual.reportTitle(1)}
          text={t.manual.reportText}
          action={t.manual.report.replace('…', '')}
          danger
          busy={busy}
          reason={{ label: t.manual.reportReason, required: true, max: 4000 }}
          onConfirm={(message) => void sendError(message)}
          onClose={() => setAsking(false)}
        />
      )}
    </Drawer>
  )
}
