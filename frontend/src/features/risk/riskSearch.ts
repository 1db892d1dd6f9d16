import type { IdentifiedRiskFilter, RiskFilter } from '../../graphql/types.generated'
import { compact, text, type RawSearch } from '../../lib/search'

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
