import type {
  IdentifiedRiskFilter,
  IdentifiedRiskSort,
  RiskFilter,
  RiskScoreFilter,
  RiskScoreSort,
} from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'

export interface RiskSearch {
  text?: string
  risk?: string
  /** Of those that people have: only what is attached by hand, or only the rest. */
  by?: 'hand' | 'rule'
  /** Left out: those of the most dangerous people first. */
  sort?: IdentifiedRiskSort
}

export function parseRiskSearch(raw: RawSearch): RiskSearch {
  return compact<RiskSearch>({
    text: text(raw.text),
    risk: text(raw.risk),
    by: oneOf(raw.by, ['hand', 'rule']),
    sort: oneOf(raw.sort, ['NEWEST']),
  })
}

export const riskVariables = (search: RiskSearch) => ({ filter: compact<RiskFilter>({ text: search.text }) })
export const blockedVariables = (search: RiskSearch) => ({
  filter: compact<IdentifiedRiskFilter>({
    text: search.text,
    risk: search.risk,
    isAttached: search.by && search.by === 'hand',
  }),
})
export const identifiedVariables = (search: RiskSearch) => ({
  ...blockedVariables(search),
  orderBy: search.sort ?? ('SCORE_DESC' as const),
})

/** Levels from which on risks can be looked at. */
export const levels = ['25', '50', '75']

export interface MatrixSearch {
  text?: string
  level?: string
  view?: 'list'
}

export function parseMatrixSearch(raw: RawSearch): MatrixSearch {
  return compact<MatrixSearch>({
    text: text(raw.text),
    level: oneOf(raw.level, levels),
    view: oneOf(raw.view, ['list']),
  })
}

export const matrixVariables = (search: MatrixSearch) => ({
  filter: compact<RiskFilter>({ text: search.text, minimumLevel: search.level ? Number(search.level) : undefined }),
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
