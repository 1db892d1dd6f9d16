import { useDebouncedValue } from '@mantine/hooks'
import type { RoleKind, RuleChange } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { startOfDay } from '../../lib/day'
import type { Criterion } from './CriteriaInput'
import { RulePreviewDocument } from './RulePreview.generated'
import type { Draft } from './shape'

/** A rule of whom the server can tell whom it matches: of roles, of who gets a resource type, of links. */
export interface PreviewedRule {
  kind: string
  list: string
  owner: Draft
  rule: Draft
  /** It stands in the configuration in force, by this name. */
  isSaved: boolean
}

export const hasPreview = (list: string) => list === 'rules' || list === 'typeRules' || list === 'navigationRules'

/**
 * Whom a rule matches, a moment after the last key. What is shown is never of an older text: while it computes, `stale` says so. Until a value is
 * chosen for each criterion nothing is asked.
 */
export function useRulePreview(of: PreviewedRule, show: RuleChange | undefined, day: string | undefined) {
  const { rule, owner } = of
  const dimensions = ((rule.dimensions as Criterion[] | null) ?? []).map(({ dimension, key, inherit }) => ({
    dimension,
    key,
    inherit,
  }))
  const isRole = of.list === 'rules'
  const holds = String((isRole ? rule.compositeRole : rule.singleRole) ?? '')
  const input = {
    entityType: String((isRole ? owner.entityType : owner.sourceEntityType) ?? ''),
    policy: String(rule.policy || owner.policy || '') || null,
    dimensions,
    role: holds || null,
    roleKind: holds ? ((isRole ? 'COMPOSITE' : 'SINGLE') as RoleKind) : null,
    roleRule: isRole && of.isSaved ? String(rule.identifier) : null,
    resourceTypeRule: !isRole && of.isSaved ? String(rule.identifier) : null,
    gives: isRole ? String(owner.identifier) : null,
    givesKind: isRole ? ((of.kind === 'singleRole' ? 'SINGLE' : 'COMPOSITE') as RoleKind) : null,
    at: day ? startOfDay(day).toISOString() : null,
    show: show ?? null,
    first: 50,
  }
  const text = JSON.stringify(input)
  const [settled] = useDebouncedValue(text, 200)
  const isWhole = input.entityType !== '' && dimensions.every((d) => d.dimension !== '' && d.key !== '')
  const [{ data, error, fetching }, read] = useReading({
    query: RulePreviewDocument,
    variables: { input: JSON.parse(settled) as typeof input },
    pause: !isWhole,
    requestPolicy: 'cache-and-network',
  })
  return {
    preview: isWhole ? data?.rulePreview : undefined,
    error: isWhole ? error : undefined,
    isWhole,
    stale: settled !== text || fetching,
    read: () => read({ requestPolicy: 'network-only' }),
  }
}
