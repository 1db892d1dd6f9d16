import { IconCheck, IconChecks, IconSend } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Fragment, type ReactNode } from 'react'
import { requestStates } from '../../lib/requestStates'
import type { Look } from '../../lib/states'
import { provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { cx } from '../../ui/cx'
import { RelativeTime } from '../../ui/RelativeTime'
import { narrowedTexts } from './dates'
import { isDecidable, isTurn } from './questions'
import { lateLook, stepLooks } from './looks'
import type { RequestDetailFragment } from './request.generated'
import classes from './RequestSteps.module.css'

interface Step {
  key: string
  word: ReactNode
  look: Omit<Look, 'word'>
  position: 'done' | 'current' | 'next' | 'off'
  at?: string | null
  sub?: ReactNode
  said?: string | null
  clocks?: ReactNode
  isMoving?: boolean
}

const over: RequestDetailFragment['state'][] = ['DECLINED', 'EXPIRED', 'CANCELLED', 'WITHDRAWN']

/** Who is asked at a step, by which rule, and who is not although it found him. */
function askedWords(step: RequestDetailFragment['steps'][number]): string {
  const words = [step.state === 'STUCK' ? t.request.stuckHint : t.request.approvers(step.candidates, step.more)]
  if (step.rule) words[0] += ` (${t.request.byRule(step.rule)})`
  const excluded = step.asked.filter((a) => a.until === null && a.excludedBecause !== null)
  const before = step.asked.filter((a) => a.until !== null && a.excludedBecause === null)
  if (excluded.length > 0) words.push(t.request.notAsked(excluded.map((a) => `${a.name} ${a.excludedBecause}`)))
  if (before.length > 0) words.push(t.request.askedBefore([...new Set(before.map((a) => a.name))]))
  return words.map((w) => w.replace(/\.$/, '')).join('. ')
}

/** The way of an item: sent, each level of approval, its orders up to Verified, fulfilled; or where it ended. */
export function RequestSteps({ item, seesOrders }: { item: RequestDetailFragment; seesOrders: boolean }) {
  return (
    <ol className={classes.steps} aria-label={t.request.progress}>
      {stepsOf(item, seesOrders).map((step) => {
        const Glyph = step.look.icon
        return (
          <li
            key={step.key}
            className={cx(classes[step.position], step.isMoving && classes.moving)}
            aria-current={step.position === 'current' ? 'step' : undefined}
            style={{
              ['--tone' as string]: `var(--tone-${step.look.tone}-solid)`,
              ['--tone-text' as string]: `var(--tone-${step.look.tone}-text)`,
              ['--tone-back' as string]: `var(--tone-${step.look.tone}-back)`,
            }}
          >
            <span className={classes.dot}>
              <Glyph size={13} stroke={2.2} aria-hidden />
            </span>
            <div className={classes.body}>
              <span className={classes.word}>
                {step.word}
                <span className="sr-only">, {t.request.stepper[step.position]}</span>
              </span>
              {step.sub && <span className={classes.sub}>{step.sub}</span>}
              {step.clocks && <span className={classes.sub}>{step.clocks}</span>}
              {step.said && <blockquote className={classes.said}>{step.said}</blockquote>}
            </div>
            {step.at && (
              <span className={classes.at}>
                <RelativeTime at={step.at} />
              </span>
            )}
          </li>
        )
      })}
    </ol>
  )
}

function stepsOf(item: RequestDetailFragment, seesOrders: boolean): Step[] {
  const steps: Step[] = [
    {
      key: 'sent',
      word: t.request.submitted,
      look: { tone: 'green', icon: IconSend },
      position: 'done',
      at: item.submittedAt,
      sub: t.common.by(item.requesterName),
    },
    ...item.steps.map((step): Step => {
      const closed = step.state === 'APPROVED' || step.state === 'SKIPPED'
      return {
        key: step.id,
        word: `${t.request.level(step.level)}: ${t.request.stepState[step.state]}`,
        look: stepLooks[step.state],
        position: closed ? 'done' : isTurn(step.state) ? 'current' : step.state === 'WAITING' ? 'next' : 'off',
        isMoving: isDecidable(step.state),
        at: step.closedAt ?? step.openedAt,
        sub: step.decider
          ? [
              t.common.by(step.decider),
              step.decidedFor && t.delegation.forSomebody(step.decidedFor),
              ...(step.changedDates ? narrowedTexts(step.changedDates) : []),
            ]
              .filter(Boolean)
              .join(', ')
          : step.skipReason
            ? (t.request.skipped[step.skipReason] ?? t.request.skippedBecause(step.skipReason))
            : isDecidable(step.state) && (step.candidates.length > 0 || step.rule !== null)
              ? askedWords(step)
              : step.state === 'STUCK'
                ? askedWords(step)
                : null,
        said: step.comment,
        clocks: clocksOf(step),
      }
    }),
  ]
  if (over.includes(item.state) && item.approvedAt === null) return [...steps, end(item)]
  const isApproved = item.approvedAt !== null
  steps.push({
    key: 'approved',
    word: t.request.approved,
    look: isApproved ? { tone: 'green', icon: IconCheck } : { tone: 'grey', icon: requestStates.APPROVED.icon },
    position: isApproved ? 'done' : 'next',
    at: item.approvedAt,
    sub: item.state === 'APPROVED' && item.orders.length === 0 ? requestStates.APPROVED.hint : null,
  })
  for (const order of item.orders) {
    const look = provisioningStates[order.state]
    const isDone = order.state === 'VERIFIED'
    const words = t.request.order(order.name, look.word)
    steps.push({
      key: order.id,
      word: seesOrders ? (
        <Link to="/order/$orderId" params={{ orderId: order.id }} className="underlined">
          {words}
        </Link>
      ) : (
        words
      ),
      look,
      position: isDone ? 'done' : 'current',
      isMoving: order.state === 'PENDING' || order.state === 'TRANSMITTED' || order.state === 'EXECUTED',
      at: order.verifiedAt,
      sub: order.isManual ? t.request.manual : null,
    })
  }
  if (over.includes(item.state)) return [...steps, end(item)]
  const isFulfilled = item.state === 'FULFILLED'
  steps.push({
    key: 'fulfilled',
    word: t.request.fulfilled,
    look: isFulfilled ? requestStates.FULFILLED : { tone: 'grey', icon: IconChecks },
    position: isFulfilled ? 'done' : 'next',
    at: isFulfilled ? item.closedAt : null,
  })
  return steps
}

/** What time does to an approval that waits: when it is late, who is reminded and asked besides. */
function clocksOf(step: RequestDetailFragment['steps'][number]): ReactNode {
  if (!isTurn(step.state)) return null
  const at = (instant: string) => <RelativeTime at={instant} />
  const parts: [string, ReactNode][] = []
  if (step.isLate) parts.push(['late', <Badge key="late" {...lateLook} />])
  if (step.dueAt)
    parts.push([
      'due',
      <>
        {step.isLate ? t.request.wasDue : t.request.dueAt} {at(step.dueAt)}
      </>,
    ])
  if (step.answerBy)
    parts.push([
      'answer',
      <>
        {t.request.answerBy} {at(step.answerBy)}
      </>,
    ])
  if (step.remindedAt)
    parts.push([
      'reminded',
      <>
        {t.request.reminded} {at(step.remindedAt)}
      </>,
    ])
  for (const h of step.handed)
    if (h.byName) parts.push([`${h.byName} ${h.name}`, t.request.handedBy(h.name, h.byName, h.reason)])
  if (step.escalation > 0) parts.push(['escalated', t.request.escalated(step.escalation)])
  if (step.escalateAt)
    parts.push([
      'escalates',
      <>
        {t.request.escalates} {at(step.escalateAt)}
      </>,
    ])
  return parts.map(([key, part], index) => (
    <Fragment key={key}>
      {index > 0 && ' · '}
      {part}
    </Fragment>
  ))
}

function end(item: RequestDetailFragment): Step {
  return {
    key: 'end',
    word: t.request.state[item.state],
    look: requestStates[item.state],
    position: 'current',
    at: item.closedAt,
  }
}
