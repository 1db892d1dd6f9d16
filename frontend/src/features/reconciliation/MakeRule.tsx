import { Link } from '@tanstack/react-router'
import { mayEditModel, maySeeModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { RoleKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'

/** Where a rule is written that explains what was found. */
interface Place {
  to: '/model/rules/$kind/$owner'
  params: { kind: string; owner: string }
  search: { list: string; found: string }
}

/** Who may write one. */
export function useMayMakeRule() {
  const me = useMe()
  return mayEditModel(me) && maySeeModel(me)
}

/** The editor of a new rule of a role that was read from accounts. */
export const ruleOfRole = (role: string, kind: RoleKind): Place => ({
  to: '/model/rules/$kind/$owner',
  params: { kind: kind === 'COMPOSITE' ? 'compositeRole' : 'singleRole', owner: role },
  search: { list: 'rules', found: 'role' },
})

/** The editor of a new rule of a resource type, for an account, or for what accounts point to by a property. */
export const ruleOfDifference = (item: { id: string; resourceType: string; property: string | null }): Place => ({
  to: '/model/rules/$kind/$owner',
  params: { kind: 'resourceType', owner: item.resourceType },
  search: { list: item.property === null ? 'typeRules' : 'navigationRules', found: item.id },
})

export function MakeRule({ place }: { place: Place }) {
  return (
    <Link {...place} className="underlined">
      {t.suggestion.make}
    </Link>
  )
}
