import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { DifferenceDetailDocument } from './DifferenceDrawer.generated'
import { DifferenceListDocument } from './DifferenceList.generated'
import { OrphanDetailDocument } from './OrphanDrawer.generated'
import { OrphanListDocument } from './OrphansTab.generated'
import { RecognitionDetailDocument, RecognitionListDocument } from './RecognitionTab.generated'
import { PatternListDocument } from './PatternList.generated'
import { ProlongedDetailDocument, ProlongedListDocument } from './ProlongedTab.generated'
import {
  itemVariables,
  orphanVariables,
  parseDifferenceSearch,
  parseOrphanSearch,
  parseProlongedSearch,
  parseRecognitionSearch,
  parseRoleSearch,
  patternVariables,
  prolongedVariables,
  recognitionVariables,
  rolePatternVariables,
  roleVariables,
  showsPeople,
  showsRows,
} from './reconcileSearch'
import { FoundRoleDetailDocument, FoundRoleListDocument, FoundRolePatternListDocument } from './RolesTab.generated'

// What the pages of reconciliation ask for first.

export const differences = (raw: RawSearch) => {
  const search = parseDifferenceSearch(raw)
  return showsRows(search)
    ? firstPage(DifferenceListDocument, itemVariables(search))
    : firstPage(PatternListDocument, patternVariables(search))
}
export const difference = (params: Record<string, string>) =>
  asked(DifferenceDetailDocument, { id: params.itemId ?? '' })
export const foundRoles = (raw: RawSearch) => {
  const search = parseRoleSearch(raw)
  return showsPeople(search)
    ? firstPage(FoundRoleListDocument, roleVariables(search))
    : firstPage(FoundRolePatternListDocument, rolePatternVariables(search))
}
export const foundRole = (params: Record<string, string>) =>
  asked(FoundRoleDetailDocument, { id: params.foundId ?? '' })
export const prolongedRoles = (search: RawSearch) =>
  firstPage(ProlongedListDocument, prolongedVariables(parseProlongedSearch(search)))
export const prolongedRole = (params: Record<string, string>) =>
  asked(ProlongedDetailDocument, { id: params.prolongedId ?? '' })
export const orphans = (search: RawSearch) => firstPage(OrphanListDocument, orphanVariables(parseOrphanSearch(search)))
export const orphan = (params: Record<string, string>) => asked(OrphanDetailDocument, { id: params.accountId ?? '' })
export const recognitions = (search: RawSearch) =>
  firstPage(RecognitionListDocument, recognitionVariables(parseRecognitionSearch(search)))
export const recognition = (params: Record<string, string>) =>
  asked(RecognitionDetailDocument, { id: params.accountId ?? '' })
