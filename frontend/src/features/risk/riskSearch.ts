import type { IdentifiedRiskFilter, RiskFilter, RiskScoreFilter, RiskScoreSort } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'

export interface RiskSearch {
  text?: string
  risk?: string
}

export function parseRiskSearch(raw: RawSearch): RiskSearch {
  return compact<RiskSearch>({ text: text(raw.text), risk: text(raw.risk) })
}

export const riskVariables = (search: RiskSearch) => ({ filter: compact<RiskFilter>({ text: search.text }) })
export const identifiedVariables = (search: RiskSearch) => ({
  filter: compact<IdentifiedRiskFilter>({ text: search.text, risk: search.risk }),
})

export interface ScoreSearch {
  text?: string
  sort?: RiskScoreSort
}

export const scoreSorts: RiskScoreSort[] = ['SCORE_DESC', 'SCORE_ASC', 'NEWEST_FIRST']

export function parseScoreSearch(raw: RawSearch): ScoreSearch {
  return compact<ScoreSearch>({ text: text(raw.text), sort: oneOf(raw.sort, scoreSorts) })
}

export const scoreVariables = (search: ScoreSearch) => ({
  filter: compact<RiskScoreFilter>({ text: search.text }),
  orderBy: search.sort ?? 'SCORE_DESC',
})
