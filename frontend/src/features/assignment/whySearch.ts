import { compact, instant, oneOf, text, type RawSearch } from '../../lib/search'

/** What is asked about: a role, or a resource type and perhaps a value of it; by which instants; and how it is shown. */
export interface WhySearch {
  role?: string
  resourceType?: string
  property?: string
  value?: string
  at?: string
  knownAt?: string
  view?: 'graph'
}

export function parseWhySearch(raw: RawSearch): WhySearch {
  const role = text(raw.role)
  const resourceType = role ? undefined : text(raw.resourceType)
  const property = resourceType ? text(raw.property) : undefined
  return compact<WhySearch>({
    role,
    resourceType,
    property,
    value: property ? text(raw.value, 1000) : undefined,
    at: instant(raw.at),
    knownAt: instant(raw.knownAt),
    view: oneOf(raw.view, ['graph']),
  })
}
