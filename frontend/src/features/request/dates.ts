import { formatDay, formatLastDay, formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import type { RequestDatesFragment } from './request.generated'

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

/** From when until when, where no start is the approval. */
export function periodText(start: string | null | undefined, end: string | null | undefined): string {
  if (start) return formatPeriod(start, end)
  return end ? `${t.request.asSoon}, ${formatPeriod(null, end)}` : t.request.asSoon
}
