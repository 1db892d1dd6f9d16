import { serverNow } from '../../lib/serverClock'
import { t } from '../../lib/texts'
import { RelativeTime } from '../../ui/RelativeTime'
import type { AutomaticFieldsFragment } from './AutomaticNote.generated'

/** Which automation rule decides about what waits, and when. */
export function AutomaticNote({ of }: { of: AutomaticFieldsFragment | null }) {
  if (!of) return null
  if (of.at === null) return <p className="dim">{t.automation.leaves(of.ruleName)}</p>
  return (
    <p>
      {t.automation.will(of.ruleName, of.decision)},{' '}
      {new Date(of.at).getTime() > serverNow() ? <RelativeTime at={of.at} /> : t.automation.soon}.
    </p>
  )
}
