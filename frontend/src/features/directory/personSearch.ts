import type { ResourceSort } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'

export interface PersonListSearch {
  text?: string
  sort?: ResourceSort
  /** The form for a new one is open. */
  add?: true
}

const sorts: ResourceSort[] = ['DISPLAY_NAME_ASC', 'DISPLAY_NAME_DESC', 'KEY_ASC', 'KEY_DESC']

/** What the list asks the server for. */
export const personListVariables = (entityType: string, search: PersonListSearch) => ({
  entityType,
  filter: search.text ? { text: search.text } : undefined,
  orderBy: search.sort,
})

export function parsePersonListSearch(raw: RawSearch): PersonListSearch {
  return compact<PersonListSearch>({
    text: text(raw.text),
    sort: oneOf(raw.sort, sorts),
    add: raw.add === true || raw.add === 'true' ? true : undefined,
  })
}
