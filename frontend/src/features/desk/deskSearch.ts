import type {
  HeldFilter,
  HeldSort,
  HeldView,
  TaskFilter,
  TaskKind,
  TeamFilter,
  TeamStanding,
} from '../../graphql/types.generated'
import { compact, flag, manyOf, oneOf, text, type RawSearch } from '../../lib/search'

/** What the address says about My access. */
export interface HeldSearch {
  view?: Exclude<HeldView, 'NOW'>
  text?: string
  sort?: Exclude<HeldSort, 'NAME'>
  /** Id of the entry whose drawer is open. */
  open?: string
}

/** What the address says about Tasks. */
export interface TaskSearch {
  kinds?: TaskKind[]
  late?: true
  text?: string
}

/** What the address says about My team. */
export interface TeamSearch {
  standing?: Exclude<TeamStanding, 'PLAIN'>
  text?: string
}

export const heldViews: HeldView[] = ['NOW', 'ENDS_SOON', 'ON_THE_WAY', 'ENDED']
const taskKinds: TaskKind[] = [
  'APPROVAL',
  'ANSWER',
  'ROUTING',
  'PROLONGED_ROLE',
  'PROVISIONING_REVIEW',
  'ERRORED_ORDER',
  'MANUAL_ORDER',
  'ROLE_RECONCILIATION',
  'RESOURCE_RECONCILIATION',
  'ROW_TO_MEND',
]
export const teamStandings: Exclude<TeamStanding, 'PLAIN'>[] = ['LEFT', 'ENDS_SOON', 'AT_RISK']

export const parseHeldSearch = (raw: RawSearch): HeldSearch =>
  compact<HeldSearch>({
    view: oneOf(raw.view, ['ENDS_SOON', 'ON_THE_WAY', 'ENDED']),
    text: text(raw.text),
    sort: oneOf(raw.sort, ['END', 'NEWEST']),
    open: text(raw.open, 40),
  })

export const parseTaskSearch = (raw: RawSearch): TaskSearch =>
  compact<TaskSearch>({ kinds: manyOf(raw.kinds, taskKinds), late: flag(raw.late), text: text(raw.text) })

export const parseTeamSearch = (raw: RawSearch): TeamSearch =>
  compact<TeamSearch>({ standing: oneOf(raw.standing, teamStandings), text: text(raw.text) })

export const heldVariables = (search: HeldSearch) => ({
  filter: compact<HeldFilter>({ view: search.view ?? 'NOW', text: search.text }),
  orderBy: search.sort ?? ('NAME' as HeldSort),
})

export const taskVariables = ({ kinds, late, text: words }: TaskSearch) => ({
  filter: compact<TaskFilter>({ kinds, late, text: words }),
})

export const teamVariables = ({ standing, text: words }: TeamSearch) => ({
  filter: compact<TeamFilter>({ standings: standing && [standing], text: words }),
})
