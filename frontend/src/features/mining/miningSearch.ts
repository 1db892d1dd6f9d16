import { compact, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about the results of a run. */
export interface MiningSearch {
  text?: string
  which?: 'proposed' | 'nothing'
}

export function parseMiningSearch(raw: RawSearch): MiningSearch {
  return compact<MiningSearch>({ text: text(raw.text), which: oneOf(raw.which, ['proposed', 'nothing']) })
}

/** What the list asks the server for: the page, and what is fetched ahead of it. */
export const resultVariables = (runId: string, search: MiningSearch) => ({
  runId,
  filter: compact<{ text?: string; hasProposal?: boolean }>({
    text: search.text,
    hasProposal: search.which && search.which === 'proposed',
  }),
})
