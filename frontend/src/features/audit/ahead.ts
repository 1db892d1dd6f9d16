import { firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { AuditLogDocument } from './AuditPage.generated'
import { auditVariables, parseAuditSearch } from './auditSearch'

/** What the audit log asks for first. */
export const audit = (search: RawSearch) => firstPage(AuditLogDocument, auditVariables(parseAuditSearch(search)))
