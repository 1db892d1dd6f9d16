import type { RoleKind } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { RuleSuggestionsDocument } from './RuleSuggestions.generated'

/** The word that says that a rule is to explain a role which was read from accounts; else it is the id of a difference. */
const foundRole = 'role'

/** Rules that would explain what was found without one. `found`: what that is; undefined: nothing, and nothing is asked. */
export function useRuleSuggestions(kind: string, owner: string, found: string | undefined) {
  const isRole = found === foundRole
  const [{ data, error, fetching }, read] = useReading({
    query: RuleSuggestionsDocument,
    variables: {
      input: isRole
        ? { role: owner, roleKind: (kind === 'compositeRole' ? 'COMPOSITE' : 'SINGLE') as RoleKind }
        : { differenceId: found ?? '' },
    },
    pause: found === undefined,
    requestPolicy: 'cache-and-network',
  })
  const answer = found === undefined ? undefined : data?.ruleSuggestions
  return {
    answer,
    error: found === undefined ? undefined : error,
    /** The answer is here, or it does not come. */
    isSettled: found === undefined || answer !== undefined || (error !== undefined && !fetching),
    read: () => read({ requestPolicy: 'network-only' }),
  }
}
