import { Button, Select, TextInput } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { StepDecision } from '../../graphql/types.generated'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { useQueue } from '../../ui/queue'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { useDraft } from '../../ui/useDraft'
import { AskDialog } from './AskDialog'
import { ForwardDialog } from './ForwardDialog'
import { activationOf, isDecidable, questionOf, stepDecisions, stepKeys } from './questions'
import classes from './Request.module.css'
import type { RequestDetailFragment } from './request.generated'
import { asAsked, narrowedDates, NarrowFields } from './NarrowFields'
import { RecallButton } from './RecallButton'
import { RemindButton } from './RemindButton'
import { RequestBody } from './RequestBody'
import { SuperviseButtons } from './SuperviseButtons'
import type { RequestListSearch } from './requestSearch'
import { itemPhrase, itemTitle } from './requestWords'
import { useDecideSteps } from './useDecideSteps'
import { useItem } from './useItem'

/** One item to decide, beside the queue; the next one opens in the same drawer. */
export function ApprovalDrawer() {
  const { itemId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as RequestListSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const { item, problem, fetching, reload } = useItem(itemId)
  const close = () => void navigate({ to: '/approvals', search })
  const decided = () => {
    const next = neighbour(itemId, queue.ids)
    queue.onDecided(itemId)
    if (next && next !== itemId)
      void navigate({ to: '/approvals/$itemId', params: { itemId: next }, search, replace: true })
    else close()
  }
  return (
    <Drawer
      title={item ? itemTitle(item) : t.request.item}
      subject={item?.id ?? ''}
      busy={!item && fetching}
      onClose={close}
      sub={
        item && (
          <>
            <span className="mono">{item.requestNumber}</span> · <RelativeTime at={item.submittedAt} />
          </>
        )
      }
      footer={item && <DecideBar key={item.id} item={item} onDecided={decided} reload={reload} />}
    >
      {item ? (
        <RequestBody item={item} />
      ) : problem ? (
        <ProblemNote problem={problem} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.request.itemGone} hint={t.request.itemGoneHint} />
      )}
    </Drawer>
  )
}

/** The comment and the two decisions, or why they are somebody else's. */
function DecideBar(props: { item: RequestDetailFragment; onDecided: () => void; reload: () => void }) {
  const { item } = props
  const [comment, setComment] = useDraft(`request-step.${item.stepId ?? item.id}`)
  const [asking, setAsking] = useState<StepDecision | null>(null)
  const [inquires, setInquires] = useState(false)
  const [forwards, setForwards] = useState(false)
  const [narrowed, setNarrowed] = useState(asAsked)
  const [refused, setRefused] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const { busy, decideThese } = useDecideSteps()
  const [forId, setForId] = useState<string | null>(item.decideFor[0]?.id ?? null)
  const offline = useOfflineSince() !== null
  const held = offline || busy

  const takesComment = stepDecisions.some((d) => activationOf(d, item) !== 'DISABLED')
  const send = async (decision: StepDecision, reason: string) => {
    const { failed, problem } = await decideThese([item], decision, reason, {
      forDelegatorId: item.decideFor.length > 1 ? forId : null,
      ...(decision === 'APPROVE' ? narrowedDates(narrowed) : {}),
    })
    setAsking(null)
    setNarrowed(asAsked)
    const no = problem ?? failed[0]
    if (no) {
      setRefused(no.message)
      notifyProblem({ code: no.code, message: no.message })
      return props.reload()
    }
    setComment('')
    notifyDone(`${t.request.decided[decision]}: ${itemPhrase(item)}`)
    props.onDecided()
  }
  useKeys(
    !item.canDecide || held
      ? []
      : [
          ...stepDecisions.map((decision) => ({
            key: stepKeys[decision],
            label: t.request.decisions[decision],
            run: () => setAsking(decision),
          })),
          ...(item.canDelegate ? [{ key: 'f', label: t.request.forward, run: () => setForwards(true) }] : []),
          ...(item.canAsk ? [{ key: 'i', label: t.request.question, run: () => setInquires(true) }] : []),
          ...(takesComment ? [{ key: 'c', label: t.common.comment, run: () => field.current?.focus() }] : []),
        ],
  )
  if (!item.canDecide) {
    const open = item.steps.find((s) => isDecidable(s.state))
    return (
      <>
        <p className="dim" role="status">
          {refused && <>{refused} </>}
          {item.closedAt !== null || item.state === 'APPROVED'
            ? t.request.over
            : item.isOwn
              ? t.request.own
              : item.isStuck
                ? t.request.stuckHint
                : t.request.notYours}
          {open && ` ${t.request.whoDecides(t.request.approvers(open.candidates, open.more))}`}
        </p>
        <div className={classes.buttons}>
          <RecallButton item={item} reload={props.reload} />
          <RemindButton item={item} reload={props.reload} />
          <SuperviseButtons item={item} reload={props.reload} />
        </div>
      </>
    )
  }
  const question = asking && questionOf(asking, item)
  return (
    <div className={classes.decide}>
      {item.decideFor.length === 1 && (
        <p className="dim">{t.delegation.actingHint(item.decideFor.map((p) => p.name).join(''))}</p>
      )}
      {item.decideFor.length > 1 && (
        <Select
          label={t.delegation.chooseFor}
          allowDeselect={false}
          data={item.decideFor.flatMap((p) => (p.id ? [{ value: p.id, label: p.name }] : []))}
          value={forId}
          onChange={setForId}
        />
      )}
      {takesComment && (
        <TextInput
          ref={field}
          aria-label={t.common.comment}
          placeholder={`${t.common.comment} (${t.common.optional})`}
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
      )}
      {refused && (
        <p role="alert" className={classes.refused}>
          {refused}
        </p>
      )}
      {offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        {stepDecisions.map((decision) => (
          <Button
            key={decision}
            variant={decision === 'APPROVE' ? 'filled' : 'default'}
            className={decision === 'DECLINE' ? classes.danger : undefined}
            disabled={held}
            onClick={() => setAsking(decision)}
            rightSection={<kbd>{stepKeys[decision]}</kbd>}
          >
            {t.request.decisions[decision]}…
          </Button>
        ))}
        {item.canDelegate && (
          <Button variant="default" disabled={held} onClick={() => setForwards(true)} rightSection={<kbd>f</kbd>}>
            {t.request.forward}…
          </Button>
        )}
        {item.canAsk && (
          <Button variant="default" disabled={held} onClick={() => setInquires(true)} rightSection={<kbd>i</kbd>}>
            {t.request.question}…
          </Button>
        )}
        <SuperviseButtons item={item} reload={props.reload} />
      </div>
      {forwards && (
        <ForwardDialog
          item={item}
          onDone={() => {
            setForwards(false)
            props.onDecided()
          }}
          onClose={() => setForwards(false)}
        />
      )}
      {inquires && (
        <AskDialog
          item={item}
          onDone={() => {
            setInquires(false)
            props.reload()
          }}
          onClose={() => setInquires(false)}
        />
      )}
      {asking && question && (
        <ConfirmDialog
          {...question}
          text={
            asking === 'APPROVE' && (item.action === 'ADD' || item.action === 'EXTEND') ? (
              <>
                {question.text}
                <NarrowFields item={item} value={narrowed} onChange={setNarrowed} />
              </>
            ) : (
              question.text
            )
          }
          reason={question.reason && { ...question.reason, value: comment, onChange: setComment }}
          busy={busy}
          onConfirm={(reason) => void send(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}
