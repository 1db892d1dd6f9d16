import { firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { RedundantListDocument } from './redundancy.generated'
import { parseRedundantSearch, redundantVariables } from './redundantSearch'

/** What the page asks for first. */
export const redundant = (search: RawSearch) =>
  firstPage(RedundantListDocument, redundantVariables(parseRedundantSearch(search)))
