import { firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { ResourceTypeListDocument, RoleListDocument } from './rolemodel.generated'
import { parseModelSearch, roleVariables, typeVariables } from './modelSearch'

// What the pages of the role model ask for first.

export const roles = (search: RawSearch) => firstPage(RoleListDocument, roleVariables(parseModelSearch(search)))
export const resourceTypes = (search: RawSearch) =>
  firstPage(ResourceTypeListDocument, typeVariables(parseModelSearch(search)))
