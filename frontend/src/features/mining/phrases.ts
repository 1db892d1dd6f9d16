import { t } from '../../lib/texts'
import type { MiningResultRowFragment } from './MiningRunPage.generated'

type Proposal = MiningResultRowFragment['proposals'][number]

/** A proposed rule as people read it: "Department Finance and below, Title Clerk". */
export const ruleWords = (proposal: Pick<Proposal, 'criteria'>): string =>
  proposal.criteria
    .map((c) => `${c.dimension} ${c.inherit ? t.mining.below(c.label || c.key) : c.label || c.key}`)
    .join(', ') || t.mining.everybody

/** What the rules of a role do, in one sentence. */
export const resultSentence = (r: MiningResultRowFragment): string =>
  r.refused ? t.mining.refusals[r.refused] : t.mining.sentence(r.rightly, r.holders, r.wrongly, r.unexplained)
