import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { DifferenceDetailDocument } from './DifferenceDrawer.generated'
import { DifferenceListDocument } from './DifferenceList.generated'
import { OrphanDetailDocument } from './OrphanDrawer.generated'
import { OrphanListDocument } from './OrphansTab.generated'
import { PatternListDocument } from './PatternList.generated'
import {
  itemVariables,
  orphanVariables,
  parseDifferenceSearch,
  parseOrphanSearch,
  patternVariables,
  showsRows,
} from './reconcileSearch'
import { RunListDocument } from './RunsTab.generated'

// What the pages of reconciliation ask for first.

export const differences = (raw: RawSearch) => {
  const search = parseDifferenceSearch(raw)
  return showsRows(search)
    ? firstPage(DifferenceListDocument, itemVariables(search))
    : firstPage(PatternListDocument, patternVariables(search))
}
export const difference = (params: Record<string, string>) =>
  asked(DifferenceDetailDocument, { id: params.itemId ?? '' })
export const orphans = (search: RawSearch) => firstPage(OrphanListDocument, orphanVariables(parseOrphanSearch(search)))
export const orphan = (params: Record<string, string>) => asked(OrphanDetailDocument, { id: params.accountId ?? '' })
export const runs = () => firstPage(RunListDocument, {})
