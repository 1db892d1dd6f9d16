import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBan, IconCircleMinus, IconRotate, type Icon } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { RequestAction, WorkflowState } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import type { EntitlementRowFragment } from './assignment.generated'

const byPerson: WorkflowState[] = ['APPROVED', 'APPROVED_RISK']
const byRules: WorkflowState[] = ['CALCULATED', 'GIVEN_BY_ROLE', 'PROLONGED', 'RULE_MISSING_PARAMETERS']

const icons: Record<Exclude<RequestAction, 'ADD'>, Icon> = { REMOVE: IconCircleMinus, DENY: IconBan, ALLOW: IconRotate }

/** What can be asked about a role that is held, or forbidden, at this instant; null: nothing. */
export function askedOf(e: EntitlementRowFragment, now: number): Exclude<RequestAction, 'ADD'> | null {
  if (e.kind !== 'SINGLE_ROLE' && e.kind !== 'COMPOSITE_ROLE') return null
  const began = e.startDate === null || Date.parse(e.startDate) <= now
  const over = e.endDate !== null && Date.parse(e.endDate) <= now
  if (!began || over) return null
  // What a person decided and what does not hold in its time is forbidden.
  if (byPerson.includes(e.workflow)) return e.inForce ? 'REMOVE' : 'ALLOW'
  return byRules.includes(e.workflow) && e.inForce ? 'DENY' : null
}

/** Leads to the request that takes a role away, forbids it, or allows it again. */
export function AskLink(props: { entitlement: EntitlementRowFragment; ownerId: string; now: number }) {
  const { entitlement: e, ownerId } = props
  const action = askedOf(e, props.now)
  if (!action) return null
  const Glyph = icons[action]
  return (
    <Tooltip label={t.request.addTo[action]}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t.request.addNamed[action](e.name)}
        renderRoot={(root) => <Link {...root} to="/request" search={{ role: e.identifier, for: ownerId, action }} />}
      >
        <Glyph size={16} />
      </ActionIcon>
    </Tooltip>
  )
}
