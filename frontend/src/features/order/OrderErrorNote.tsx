import { IconCircleX } from '@tabler/icons-react'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'
import type { OrderErrorNoteFragment } from './OrderErrorNote.generated'
import classes from './OrderErrorNote.module.css'

/** What went wrong with an order, and what to do about it. */
export function OrderErrorNote({ order }: { order: OrderErrorNoteFragment }) {
  const { error } = order
  if (!error) return null
  return (
    <section className={classes.note} aria-label={t.review.lastError}>
      <IconCircleX size={17} aria-hidden />
      <div>
        <strong>{t.errorClass[error.class]}</strong>
        <p className={classes.message}>
          {error.message} <CopyButton text={error.message} what={t.order.error} />
        </p>
        {error.hint && <p>{error.hint}</p>}
        <p className="dim">
          {[error.at && formatExact(error.at), order.attempt > 0 && t.order.attempt(order.attempt)]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
    </section>
  )
}
