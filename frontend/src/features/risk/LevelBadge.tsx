import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { looksOf } from './levelLooks'

/** How dangerous a risk is, as a number that can be told apart at a glance. */
export function LevelBadge({ level }: { level: number }) {
  return <Badge {...looksOf(level)} word={t.risk.ofLevel(level)} />
}
