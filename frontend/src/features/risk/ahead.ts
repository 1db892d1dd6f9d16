import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import {
  IdentifiedRiskDetailDocument,
  IdentifiedRiskListDocument,
  RiskBlockListDocument,
  RiskListDocument,
  RiskMatrixDocument,
  RiskScoreDetailDocument,
  RiskScoreListDocument,
} from './risk.generated'
import {
  blockedVariables,
  identifiedVariables,
  matrixVariables,
  parseMatrixSearch,
  parseRiskSearch,
  parseScoreSearch,
  riskVariables,
  scoreVariables,
} from './riskSearch'

// What the pages of risks ask for first.

export const risks = (search: RawSearch) => firstPage(RiskListDocument, riskVariables(parseRiskSearch(search)))
export const matrix = (search: RawSearch) => asked(RiskMatrixDocument, matrixVariables(parseMatrixSearch(search)))
export const identified = (search: RawSearch) =>
  firstPage(IdentifiedRiskListDocument, identifiedVariables(parseRiskSearch(search)))
export const blocked = (search: RawSearch) =>
  firstPage(RiskBlockListDocument, blockedVariables(parseRiskSearch(search)))
export const one = (params: Record<string, string>) =>
  asked(IdentifiedRiskDetailDocument, { id: params.identified ?? '' })
export const scores = (search: RawSearch) => firstPage(RiskScoreListDocument, scoreVariables(parseScoreSearch(search)))
export const score = (params: Record<string, string>) => asked(RiskScoreDetailDocument, { owner: params.person ?? '' })
