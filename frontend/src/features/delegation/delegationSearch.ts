import type { DelegationFilter, DelegationState } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about Delegations. */
export interface DelegationSearch {
  view?: 'FOR_ME' | 'ALL'
  /** Those that are over; else those that are open. */
  show?: 'over' | 'any'
  text?: string
}

const open: DelegationState[] = ['PLANNED', 'ACTIVE']
const over: DelegationState[] = ['ENDED', 'REVOKED', 'REFUSED']

export const parseDelegationSearch = (raw: RawSearch): DelegationSearch =>
  compact<DelegationSearch>({
    view: oneOf(raw.view, ['FOR_ME', 'ALL']),
    show: oneOf(raw.show, ['over', 'any']),
    text: text(raw.text),
  })

/** The filter that an address means. */
export function delegationVariables(search: DelegationSearch): { filter: DelegationFilter } {
  return {
    filter: {
      mine: search.view === undefined ? true : undefined,
      forMe: search.view === 'FOR_ME' ? true : undefined,
      states: search.show === 'any' ? undefined : search.show === 'over' ? over : open,
      text: search.text,
    },
  }
}
