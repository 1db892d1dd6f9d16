import type { AutomationDecision, AutomationRuleFilter, AutomationState } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'
import { t } from '../../lib/texts'
import type { Draft, KindShape } from './shape'

/** The states in which something waits that rules can decide about; the others of the list are refused when a rule is saved. */
export const offeredStates: AutomationState[] = ['NON_CONFORMING', 'PRE_EXISTING']

/** Whether a word of a list is offered in a form. */
export const isOffered = (list: string, word: string) =>
  list !== 'AutomationState' || (offeredStates as string[]).includes(word)

export interface AutomationSearch {
  text?: string
  state?: AutomationState
  decision?: AutomationDecision
}

export function parseAutomationSearch(raw: RawSearch): AutomationSearch {
  return compact<AutomationSearch>({
    text: text(raw.text),
    state: oneOf(raw.state, Object.keys(t.automation.states) as AutomationState[]),
    decision: oneOf(raw.decision, Object.keys(t.automation.decisions) as AutomationDecision[]),
  })
}

export const automationVariables = (search: AutomationSearch) => ({
  filter: compact<AutomationRuleFilter>({
    text: search.text,
    workflowState: search.state,
    decision: search.decision,
  }),
})

/** The field that says which one a rule is about, by its type. */
const targetFields: Record<string, string> = {
  COMPOSITE_ROLE: 'compositeRole',
  SINGLE_ROLE: 'singleRole',
  RESOURCE_TYPE: 'resourceType',
  CATEGORY: 'category',
  POLICY: 'policy',
}

export const isAutomation = (kind: Pick<KindShape, 'name'>) => kind.name === 'automationRule'

/** What a new rule says until somebody says otherwise. */
export const beginning: Draft = {
  type: 'SINGLE_ROLE',
  workflowState: 'NON_CONFORMING',
  hoursToWait: 48,
  decision: 'DECLINE',
}

/** What the rule is about, and of whose assignments. */
export const targetOf = (draft: Draft) => String(draft[targetFields[String(draft.type)] ?? ''] ?? '')
export const isWide = (draft: Draft) => draft.type === 'CATEGORY' || draft.type === 'POLICY'

/** Fields that have a meaning with what is chosen: one of the five targets, and what only a category or a policy needs. */
export function showsField(kind: Pick<KindShape, 'name'>, draft: Draft, name: string): boolean {
  if (!isAutomation(kind)) return true
  if (Object.values(targetFields).includes(name)) return targetFields[String(draft.type)] === name
  if (name === 'entityType') return isWide(draft)
  if (name === 'includeSubcategories') return draft.type === 'CATEGORY'
  return true
}

/** Another type: what belonged to the one before is not said any more. */
export function withType(draft: Draft, type: unknown): Draft {
  const next: Draft = { ...draft, type }
  for (const [of, name] of Object.entries(targetFields)) if (of !== type) next[name] = ''
  if (!isWide(next)) next.entityType = ''
  if (type !== 'CATEGORY') next.includeSubcategories = true
  return next
}
