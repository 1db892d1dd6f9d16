import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { LineDecision } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import { UnblockOrdersDocument } from './queueActions.generated'
import type { OrderDetailFragment } from './useOrderInDrawer.generated'
import { orderTitle } from './orderTitle'
import type { ShownOrder } from './useOrderInDrawer'
import { useReviewOrders } from './useReviewOrders'

export type Decision = ReturnType<typeof useDecision>

const noLines: OrderDetailFragment['lines'] = []

/** What is chosen, typed and sent for the order on screen. Nothing can be sent while another one is asked for. */
export function useDecision(shown: ShownOrder, onDecided: (stays?: boolean) => void, toComment: () => void) {
  const { order, ready } = shown
  const id = order?.id ?? ''
  const { review, busy: reviewing } = useReviewOrders()
  const [{ fetching: unblocking }, unblock] = useMutation(UnblockOrdersDocument)
  const [chosen, setChosen] = useState<{ id: string; lines: Record<string, LineDecision> }>({ id: '', lines: {} })
  const [comment, setComment] = useDraft(`order.${id}`)
  const [refused, setRefused] = useState({ id: '', why: '' })
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
    if (problem.code === 'VALIDATION') setRefused({ id, why: problem.message })
    else notifyProblem(problem)
    shown.reload()
  }
  const send = async (decision: LineDecision | 'LINES', reason = comment) => {
    if (busy || !order) return
    const lineInput = (of: (id: string) => LineDecision) =>
      waiting.map((line) => ({ lineId: line.id, decision: of(line.id), version: line.version }))
    setRefused({ id: '', why: '' })
    const input =
      decision === 'LINES'
        ? { lines: lineInput((line) => choices[line] ?? 'APPROVE') }
        : waiting.length > 0 && !(decision === 'DECLINE' && isApprovedInPart(order))
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
    choose: (line: string, decision: LineDecision) => {
      setRefused({ id: '', why: '' })
      setChosen({ id, lines: { ...choices, [line]: decision } })
    },
    refused: refused.id === id ? refused.why : '',
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

/** The account was approved before some of its values: declining what is left is declining it as a whole. */
function isApprovedInPart(order: OrderDetailFragment): boolean {
  return order.lines.some((line) => line.action === 'CREATE' && line.state === 'PENDING')
}

/** Approving gives, ties or takes away a whole account: that is asked once more. */
function isAccount(order: OrderDetailFragment): boolean {
  return order.kind !== 'UPDATE'
}
