import { asked } from '../../graphql/ahead'
import { ResourceTypeListDocument, RoleListDocument } from './rolemodel.generated'

// What the pages of the role model ask for first.

export const roles = () => asked(RoleListDocument, {})
export const resourceTypes = () => asked(ResourceTypeListDocument, {})
