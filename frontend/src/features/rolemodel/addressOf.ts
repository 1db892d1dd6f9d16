import type { LinkProps } from '@tanstack/react-router'
import type { KindShape } from './shape'

/** Where an object is looked at. */
export function addressOf(kind: Pick<KindShape, 'name'>, identifier: string): LinkProps {
  switch (kind.name) {
    case 'singleRole':
      return { to: '/model/roles/$role', params: { role: identifier }, search: { kind: 'SINGLE' } }
    case 'compositeRole':
      return { to: '/model/roles/$role', params: { role: identifier }, search: { kind: 'COMPOSITE' } }
    case 'resourceType':
      return { to: '/model/resource-types/$resourceType', params: { resourceType: identifier } }
    case 'automationRule':
      return { to: '/model/automation', search: {} }
    case 'risk':
      return { to: '/risks' }
    case 'identityProvider':
      return { to: '/access/providers' }
    default:
      return { to: '/model/objects/$kind', params: { kind: kind.name } }
  }
}

/** The kind of a role as the configuration calls it. */
export const kindOfRole = (kind: 'SINGLE' | 'COMPOSITE') => (kind === 'SINGLE' ? 'singleRole' : 'compositeRole')
