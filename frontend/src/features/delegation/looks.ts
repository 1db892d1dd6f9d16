import { IconCalendar, IconCheck, IconClock, IconPlayerStop, IconX } from '@tabler/icons-react'
import type { DelegationState } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'

export const delegationLooks: Record<DelegationState, Look> = {
  PLANNED: { tone: 'slate', icon: IconCalendar, word: t.delegation.states.PLANNED },
  ACTIVE: { tone: 'green', icon: IconCheck, word: t.delegation.states.ACTIVE },
  ENDED: { tone: 'slate', icon: IconClock, word: t.delegation.states.ENDED },
  REVOKED: { tone: 'slate', icon: IconPlayerStop, word: t.delegation.states.REVOKED },
  REFUSED: { tone: 'amber', icon: IconX, word: t.delegation.states.REFUSED },
}
