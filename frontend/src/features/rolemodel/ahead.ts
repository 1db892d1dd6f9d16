import { firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { automationVariables, parseAutomationSearch } from './automation'
import { AutomationListDocument } from './AutomationListPage.generated'
import { ResourceTypeListDocument } from './rolemodel.generated'
import { parseModelSearch, typeVariables } from './modelSearch'

// What the pages of the role model ask for first.

export const resourceTypes = (search: RawSearch) =>
  firstPage(ResourceTypeListDocument, typeVariables(parseModelSearch(search)))
export const automationRules = (search: RawSearch) =>
  firstPage(AutomationListDocument, automationVariables(parseAutomationSearch(search)))
