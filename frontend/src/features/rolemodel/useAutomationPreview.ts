import { useDebouncedValue } from '@mantine/hooks'
import type { AutomationDecision, AutomationState, AutomationTarget } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import type { Criterion } from './CriteriaInput'
import { isWide, targetOf } from './automation'
import { AutomationPreviewDocument } from './AutomationPreview.generated'
import type { Draft } from './shape'

/** What an automation rule would decide, a moment after the last key; nothing is asked until it says what it is about. */
export function useAutomationPreview(draft: Draft, identifier: string | null) {
  const dimensions = ((draft.dimensions as Criterion[] | null) ?? []).map(({ dimension, key, inherit }) => ({
    dimension,
    key,
    inherit,
  }))
  const input = {
    identifier,
    type: draft.type as AutomationTarget,
    target: targetOf(draft),
    entityType: isWide(draft) ? String(draft.entityType ?? '') : null,
    includeSubcategories: draft.includeSubcategories !== false,
    workflowState: draft.workflowState as AutomationState,
    hoursToWait: Number(draft.hoursToWait ?? -1),
    decision: draft.decision as AutomationDecision,
    dimensions,
    first: 20,
  }
  const text = JSON.stringify(input)
  const [settled] = useDebouncedValue(text, 200)
  const isWhole =
    input.target !== '' &&
    input.entityType !== '' &&
    dimensions.every((d) => d.dimension !== '' && d.key !== '') &&
    input.hoursToWait >= -1 &&
    input.hoursToWait <= 876_000
  const [{ data, error, fetching }, read] = useReading({
    query: AutomationPreviewDocument,
    variables: { input: JSON.parse(settled) as typeof input },
    pause: !isWhole,
    requestPolicy: 'cache-and-network',
  })
  return {
    preview: isWhole ? data?.automationPreview : undefined,
    error: isWhole ? error : undefined,
    isWhole,
    stale: settled !== text || fetching,
    read: () => read({ requestPolicy: 'network-only' }),
  }
}
