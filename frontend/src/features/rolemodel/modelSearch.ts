import type {
  HolderOrigin,
  ResourceTypeFilter,
  RoleFilter,
  RoleHolderFilter,
  RoleKind,
} from '../../graphql/types.generated'
import { startOfDay } from '../../lib/day'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'
import { t } from '../../lib/texts'

const yesNo = ['yes', 'no'] as const
export type YesNo = (typeof yesNo)[number]

export interface ModelSearch {
  text?: string
  kind?: RoleKind
  category?: string
  requestable?: YesNo
  held?: YesNo
  owner?: YesNo
}

/** A day, yyyy-MM-dd. */
const day = (value: unknown) => (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined)

const truth = (value: YesNo | undefined) => (value === undefined ? undefined : value === 'yes')

/** What the lists of the role model ask the server for. */
export const roleVariables = (search: ModelSearch, withHolders: boolean) => ({
  withHolders,
  filter: compact<RoleFilter>({
    text: search.text,
    kind: search.kind,
    category: search.category,
    below: search.category ? true : undefined,
    withoutOwner: search.owner === undefined ? undefined : search.owner === 'no',
    isRequestable: truth(search.requestable),
    isHeld: truth(search.held),
  }),
})
export const typeVariables = (search: ModelSearch) => ({ filter: compact<ResourceTypeFilter>({ text: search.text }) })

export function parseModelSearch(raw: RawSearch): ModelSearch {
  return compact<ModelSearch>({
    text: text(raw.text),
    kind: oneOf(raw.kind, Object.keys(t.model.kinds) as RoleKind[]),
    category: text(raw.category),
    requestable: oneOf(raw.requestable, yesNo),
    held: oneOf(raw.held, yesNo),
    owner: oneOf(raw.owner, yesNo),
  })
}

export interface HolderSearch {
  text?: string
  at?: string
  origin?: HolderOrigin
}

export const holderFilter = (search: HolderSearch) =>
  compact<RoleHolderFilter>({
    text: search.text,
    at: search.at && startOfDay(search.at).toISOString(),
    origin: search.origin && [search.origin],
  })

/** Of the page of one role: which of two with the same name, and the holders that are listed. */
export function parseOneRoleSearch(raw: RawSearch): HolderSearch & { kind?: RoleKind } {
  return compact({
    kind: oneOf(raw.kind, Object.keys(t.model.kinds) as RoleKind[]),
    text: text(raw.text),
    at: day(raw.at),
    origin: oneOf(raw.origin, Object.keys(t.catalogue.origins) as HolderOrigin[]),
  })
}

/** What a new object begins with. */
export function parseNewSearch(raw: RawSearch): { category?: string; policy?: string } {
  return compact({ category: text(raw.category), policy: text(raw.policy) })
}

/** Which rule of an object is edited; none: a new one of a list. `found`: what it is to explain, a role or the difference of this id. */
export function parseRuleSearch(raw: RawSearch): { rule?: string; list?: string; at?: string; found?: string } {
  return compact({ rule: text(raw.rule, 400), list: text(raw.list), at: day(raw.at), found: text(raw.found) })
}
