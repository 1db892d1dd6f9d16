import { compact, many, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about the results of a run. */
export interface MiningSearch {
  text?: string
  which?: 'proposed' | 'nothing'
  /** As a matrix of people and roles; otherwise as a list. */
  view?: 'matrix'
  /** The results that are columns of the matrix; none: all. */
  roles?: string[]
  /** Where the people of the matrix are. */
  place?: string
}

export function parseMiningSearch(raw: RawSearch): MiningSearch {
  return compact<MiningSearch>({
    text: text(raw.text),
    which: oneOf(raw.which, ['proposed', 'nothing']),
    view: oneOf(raw.view, ['matrix']),
    roles: many(raw.roles, 500),
    place: text(raw.place),
  })
}

/** What the list asks the server for: the page, and what is fetched ahead of it. */
export const resultVariables = (runId: string, search: MiningSearch) => ({
  runId,
  filter: compact<{ text?: string; hasProposal?: boolean }>({
    text: search.text,
    hasProposal: search.which && search.which === 'proposed',
  }),
})
