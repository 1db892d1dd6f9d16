import { Button, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { ReconciliationDecision } from '../../graphql/types.generated'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { CopyButton } from '../../ui/CopyButton'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { RelativeTime } from '../../ui/RelativeTime'
import { useDraft } from '../../ui/useDraft'
import { isAtOnce, isDangerous, keyOf, phrase, questionOfOne } from './decisions'
import type { DifferenceDetailFragment } from './DifferenceDrawer.generated'
import { fate } from './looks'
import classes from './Reconciliation.module.css'
import { useDecide } from './useDecide'

/** The comment and the decisions below one difference, with their keys; or who decided, when nothing is left to decide. */
export function DecideBar(props: {
  item: DifferenceDetailFragment
  /** It is on screen: only then may anything be decided. */
  ready: boolean
  onDecided: () => void
  /** Read it again: it changed. */
  reload: () => void
}) {
  const { item, ready } = props
  const [comment, setComment] = useDraft(`difference.${item.id}`)
  const [asking, setAsking] = useState<ReconciliationDecision | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const { busy, decideThese } = useDecide()
  const offline = useOfflineSince() !== null
  const open = item.closedAt === null && !item.isOwn
  const held = !ready || offline || busy

  const send = async (decision: ReconciliationDecision, reason: string) => {
    const { failed, problem } = await decideThese([item], decision, { comment: reason })
    setAsking(null)
    if (problem ?? failed[0]) {
      notifyProblem(problem ?? (failed[0] as { code: string; message: string }))
      props.reload()
      return
    }
    setComment('')
    const says = `${t.reconcile.decided[decision]}: ${phrase(item)}`
    if (decision === 'POSTPONE') notifyDone(says, { label: t.reconcile.undo, run: () => void takeBack() })
    else notifyDone(says)
    props.onDecided()
  }
  const takeBack = async () => {
    // Whatever its version is by now: postponing was the change.
    const { failed, problem } = await decideThese([{ id: item.id }], 'TAKE_UP_AGAIN')
    if (problem ?? failed[0]) notifyProblem(problem ?? (failed[0] as { code: string; message: string }))
    else notifyDone(t.reconcile.undone)
    props.reload()
  }
  const choose = (decision: ReconciliationDecision) => {
    if (held) return
    if (isAtOnce(decision)) void send(decision, comment)
    else setAsking(decision)
  }
  useKeys(
    open && !held
      ? [
          ...item.decisions.flatMap((decision) => {
            const key = keyOf[decision]
            return key ? [{ key, label: t.reconcile.decisions[decision], run: () => choose(decision) }] : []
          }),
          { key: 'c', label: t.reconcile.comment, run: () => field.current?.focus() },
        ]
      : [],
  )

  if (!open) return <Settled item={item} text={comment} />
  return (
    <div className={classes.foot}>
      <TextInput
        ref={field}
        aria-label={t.reconcile.comment}
        placeholder={`${t.reconcile.comment} (${t.common.optional})`}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            event.currentTarget.blur()
          }
        }}
      />
      {offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        {item.decisions.map((decision) => (
          <Button
            key={decision}
            variant={decision === 'USE_PROPOSED' ? 'filled' : isAtOnce(decision) ? 'subtle' : 'default'}
            color={isDangerous(decision) ? 'red' : isAtOnce(decision) ? 'gray' : undefined}
            className={isDangerous(decision) ? classes.danger : undefined}
            disabled={held}
            onClick={() => choose(decision)}
            rightSection={keyOf[decision] && <kbd>{keyOf[decision]}</kbd>}
          >
            {t.reconcile.decisions[decision]}
            {isAtOnce(decision) ? '' : '…'}
          </Button>
        ))}
      </div>
      {asking && (
        <ConfirmDialog
          {...withDraft(questionOfOne(asking, item), comment, setComment)}
          busy={busy}
          onConfirm={(reason) => void send(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}

function withDraft(question: ReturnType<typeof questionOfOne>, value: string, onChange: (text: string) => void) {
  return { ...question, reason: question.reason && { ...question.reason, value, onChange } }
}

/** Nothing is left to decide: who decided and when, or that it went by itself. Or it is about who looks at it. */
function Settled({ item, text }: { item: DifferenceDetailFragment; text: string }) {
  const became = fate(item)
  if (became === null)
    return (
      <p className="dim" role="status">
        {t.reconcile.own}
      </p>
    )
  return (
    <div className="dim" role="status">
      {became}
      {item.closedAt && (
        <>
          , <RelativeTime at={item.closedAt} />
        </>
      )}
      {item.comment && <p>{item.comment}</p>}
      {text.trim() && (
        <p>
          {t.review.typed(text.trim())} <CopyButton text={text} what={t.common.comment} />
        </p>
      )}
    </div>
  )
}

/** Who put it off, and when. */
export function PostponedNote({ item }: { item: DifferenceDetailFragment }) {
  if (!item.postponedAt || item.closedAt) return null
  return (
    <p className="dim">
      {t.reconcile.postponed} {t.common.by(actorName(item.postponedBy ?? '', item.postponedByName))},{' '}
      <RelativeTime at={item.postponedAt} />
      {item.comment && `: ${item.comment}`}
    </p>
  )
}
