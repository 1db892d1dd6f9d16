import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBan, IconCalendarPlus, IconCircleMinus, IconRotate, type Icon } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { RequestAction, WorkflowState } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import type { EntitlementRowFragment } from './assignment.generated'

const byPerson: WorkflowState[] = ['APPROVED', 'APPROVED_RISK']
const byRules: WorkflowState[] = ['CALCULATED', 'GIVEN_BY_ROLE', 'PROLONGED', 'RULE_MISSING_PARAMETERS']

const icons: Record<Exclude<RequestAction, 'ADD'>, Icon> = {
  EXTEND: IconCalendarPlus,
  REMOVE: IconCircleMinus,
  DENY: IconBan,
  ALLOW: IconRotate,
}

/** What can be asked about a role that is held, or forbidden, at this instant. */
export function askedOf(e: EntitlementRowFragment, now: number): Exclude<RequestAction, 'ADD'>[] {
  if (e.kind !== 'SINGLE_ROLE' && e.kind !== 'COMPOSITE_ROLE') return []
  const began = e.startDate === null || Date.parse(e.startDate) <= now
  const over = e.endDate !== null && Date.parse(e.endDate) <= now
  if (!began || over) return []
  // What a person decided and what does not hold in its time is forbidden.
  if (byPerson.includes(e.workflow))
    return !e.inForce ? ['ALLOW'] : e.endDate !== null ? ['EXTEND', 'REMOVE'] : ['REMOVE']
  if (!byRules.includes(e.workflow) || !e.inForce) return []
  return e.workflow === 'PROLONGED' ? ['EXTEND', 'REMOVE'] : ['DENY']
}

/** Leads to the requests that extend a role, take it away, forbid it, or allow it again. */
export function AskLink(props: { entitlement: EntitlementRowFragment; ownerId: string; now: number }) {
  const { entitlement: e, ownerId } = props
  return askedOf(e, props.now).map((action) => {
    const Glyph = icons[action]
    return (
      <Tooltip key={action} label={t.request.addTo[action]}>
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
  })
}
