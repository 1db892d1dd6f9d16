import { useState } from 'react'
import { useMutation, type CombinedError } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import { t } from '../../lib/texts'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import { ConfirmManualOrdersDocument, ReportManualOrderErrorsDocument } from './queueActions.generated'
import type { OrderOutcomeFragment } from './orderOutcome.generated'
import { ReleaseManualOrdersDocument, TakeManualOrdersDocument } from './useTicket.generated'
import { orderTitle } from './orderTitle'
import type { ShownOrder } from './useOrderInDrawer'

export type Ticket = ReturnType<typeof useTicket>

/** What is typed and sent for the ticket on screen. Nothing can be sent while another one is asked for. */
export function useTicket(shown: ShownOrder, onDecided: () => void) {
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
    results: OrderOutcomeFragment[] | undefined,
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
