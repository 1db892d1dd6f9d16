import { actorName } from '../../lib/actor'
import { moveWord } from '../../lib/states'
import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'
import { RelativeTime } from '../../ui/RelativeTime'
import type { DecidedNoteFragment } from './DecidedNote.generated'

/** Nothing is left to decide: who moved the order last, and when. Or it is about who looks at it, and others decide. */
export function DecidedNote({ order, text }: { order: DecidedNoteFragment; text?: string }) {
  // What a person decided says more than what followed from it.
  const last = order.history.findLast((entry) => entry.actorName !== null) ?? order.history.at(-1)
  if (order.isOwn && order.closedAt == null) {
    return (
      <p className="dim" role="status">
        {order.state === 'TRANSMITTED' ? t.manual.own : t.review.own}
      </p>
    )
  }
  return (
    <div className="dim" role="status">
      {t.review.done}
      {last && (
        <>
          : {moveWord(last.action)} {t.common.by(actorName(last.actor, last.actorName))}, <RelativeTime at={last.at} />
        </>
      )}
      {text?.trim() && (
        <p>
          {t.review.typed(text.trim())} <CopyButton text={text} what={t.common.comment} />
        </p>
      )}
    </div>
  )
}
