import { formatDay, formatLastDay, formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import type { RequestDatesFragment, RequestDetailFragment } from './request.generated'

/** What a limit made of a date, with why. */
export function clampText(clamp: RequestDatesFragment): string {
  const why = t.request.clampBecause[clamp.because] ?? clamp.because
  if (clamp.field === 'start')
    return t.request.clamp.start(
      clamp.requested ? formatDay(clamp.requested) : t.request.theApproval,
      clamp.effective ? formatDay(clamp.effective) : t.request.theApproval,
      why,
    )
  return t.request.clamp.end(
    clamp.requested ? formatLastDay(clamp.requested) : t.request.noEnd,
    clamp.effective ? formatLastDay(clamp.effective) : t.request.noEnd,
    why,
  )
}

/** What an approver narrowed, with what was asked for. */
export function narrowedTexts(changed: NonNullable<RequestDetailFragment['steps'][number]['changedDates']>): string[] {
  const texts: string[] = []
  if (changed.start && changed.start !== changed.startBefore)
    texts.push(
      t.request.narrowedStart(
        changed.startBefore ? formatDay(changed.startBefore) : t.request.theApproval,
        formatDay(changed.start),
      ),
    )
  if (changed.end && changed.end !== changed.endBefore)
    texts.push(
      t.request.narrowedEnd(
        changed.endBefore ? formatLastDay(changed.endBefore) : t.request.noEnd,
        formatLastDay(changed.end),
      ),
    )
  return texts
}

/** Until when something is had by an extension. */
export const longerText = (end: string | null | undefined) => (end ? formatPeriod(null, end) : t.request.asLate)

/** From when until when, where no start is the approval. */
export function periodText(start: string | null | undefined, end: string | null | undefined): string {
  if (start) return formatPeriod(start, end)
  return end ? `${t.request.asSoon}, ${formatPeriod(null, end)}` : t.request.asSoon
}
