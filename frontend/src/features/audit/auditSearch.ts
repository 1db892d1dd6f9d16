import type { AuditFilter } from '../../graphql/types.generated'
import { compact, instant, many, text, type RawSearch } from '../../lib/search'

export interface AuditSearch {
  text?: string
  kinds?: string[]
  actor?: string
  after?: string
  before?: string
  subjectType?: string
  subjectId?: string
}

/** What the list asks the server for. */
export const auditVariables = (search: AuditSearch) => ({ filter: compact<AuditFilter>({ ...search }) })

export function parseAuditSearch(raw: RawSearch): AuditSearch {
  return compact<AuditSearch>({
    text: text(raw.text),
    kinds: many(raw.kinds),
    actor: text(raw.actor),
    after: instant(raw.after),
    before: instant(raw.before),
    subjectType: text(raw.subjectType),
    subjectId: text(raw.subjectId),
  })
}
