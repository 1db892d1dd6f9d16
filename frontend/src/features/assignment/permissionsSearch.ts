import { compact, flag, instant, oneOf, text, type RawSearch } from '../../lib/search'

export interface PermissionsSearch {
  view?: 'advanced'
  asOf?: string
  knownAt?: string
  text?: string
  problems?: true
}

export function parsePermissionsSearch(raw: RawSearch): PermissionsSearch {
  return compact<PermissionsSearch>({
    view: oneOf(raw.view, ['advanced']),
    asOf: instant(raw.asOf),
    knownAt: raw.asOf ? instant(raw.knownAt) : undefined,
    text: text(raw.text),
    problems: flag(raw.problems),
  })
}
