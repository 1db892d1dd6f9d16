import { firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { MyAccessDocument, MyTasksDocument, MyTeamDocument } from './desk.generated'
import {
  heldVariables,
  parseHeldSearch,
  parseTaskSearch,
  parseTeamSearch,
  taskVariables,
  teamVariables,
} from './deskSearch'

// What the pages of one's own ask for first.

export const held = (search: RawSearch) => firstPage(MyAccessDocument, heldVariables(parseHeldSearch(search)))
export const tasks = (search: RawSearch) => firstPage(MyTasksDocument, taskVariables(parseTaskSearch(search)))
export const team = (search: RawSearch) => firstPage(MyTeamDocument, teamVariables(parseTeamSearch(search)))
