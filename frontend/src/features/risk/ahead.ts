import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import {
  IdentifiedRiskDetailDocument,
  IdentifiedRiskListDocument,
  RiskBlockListDocument,
  RiskListDocument,
} from './risk.generated'
import { identifiedVariables, parseRiskSearch, riskVariables } from './riskSearch'

// What the pages of risks ask for first.

export const risks = (search: RawSearch) => firstPage(RiskListDocument, riskVariables(parseRiskSearch(search)))
export const identified = (search: RawSearch) =>
  firstPage(IdentifiedRiskListDocument, identifiedVariables(parseRiskSearch(search)))
export const blocked = (search: RawSearch) =>
  firstPage(RiskBlockListDocument, identifiedVariables(parseRiskSearch(search)))
export const one = (params: Record<string, string>) =>
  asked(IdentifiedRiskDetailDocument, { id: params.identified ?? '' })
