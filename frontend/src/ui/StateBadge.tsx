import type { ProvisioningState } from '../graphql/types.generated'
import { provisioningStates } from '../lib/states'
import { Badge } from './Badge'

/** A provisioning state, the same everywhere. */
export function StateBadge({ state, quiet }: { state: ProvisioningState; quiet?: boolean }) {
  const { tone, icon, word, hint } = provisioningStates[state]
  return <Badge tone={tone} icon={icon} word={word} hint={hint} quiet={quiet} />
}
