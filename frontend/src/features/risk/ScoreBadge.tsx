import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { looksOf } from './levelLooks'

/** How dangerous somebody is, told apart as the level of a risk. */
export function ScoreBadge({ score }: { score: number }) {
  return <Badge {...looksOf(score)} word={t.risk.scoreOf(score)} />
}
