import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { PersonListDocument } from './PersonListPage.generated'
import { PersonDocument } from './PersonPage.generated'
import { parsePersonListSearch, personListVariables } from './personSearch'

// What the pages of people ask for first.

export const people = (params: Record<string, string>, search: RawSearch) =>
  firstPage(PersonListDocument, personListVariables(params.entityType ?? '', parsePersonListSearch(search)))
export const person = (params: Record<string, string>) => asked(PersonDocument, { id: params.id ?? '' })
