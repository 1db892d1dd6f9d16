import { appTexts } from './app'
import type { RedundancyRunState, RedundantKind } from '../../graphql/types.generated'
import { n, plural, type Amount } from './plural'

/** What people approved although rules give the same. */
export const redundantTexts = {
  redundant: {
    title: appTexts.titles.redundant,
    hint: 'What somebody approved although rules give the same. Left to the rules, nobody loses anything, and it ends when the rules end it.',
    start: 'Analyse',
    started: 'The analysis has begun',
    stop: 'Stop',
    stopped: 'The analysis is stopped',
    last: 'Last analysis',
    states: {
      QUEUED: 'Queued',
      IN_PROGRESS: 'Under way',
      COMPLETED: 'Done',
      FAILED: 'Failed',
      CANCELLED: 'Stopped',
    } satisfies Record<RedundancyRunState, string>,
    looked: (done: number, total: number) => `${n(done)} of ${plural(total, 'person', 'people')} looked at`,
    found: (count: number) => `${n(count)} redundant`,
    empty: 'Nothing is redundant',
    emptyHint: 'Whatever somebody approved is given by no rule, or was left to the rules.',
    never: 'No analysis yet',
    neverHint:
      'An analysis looks at everything that somebody approved, for what rules give as well. It changes nothing.',
    owner: 'Whose',
    ownerKey: 'Key',
    ownerType: 'Entity type',
    what: 'What',
    kind: 'Kind',
    kinds: {
      COMPOSITE_ROLE: 'Composite role',
      SINGLE_ROLE: 'Single role',
      RESOURCE_TYPE: 'Account',
    } satisfies Record<RedundantKind, string>,
    policy: 'Policy',
    anyPolicy: 'Any policy',
    part: 'How far',
    anyPart: 'Whole and in part',
    parts: { whole: 'As a whole', part: 'In part' },
    approved: 'Approved',
    why: 'Given by rules',
    remaining: 'Stays approved',
    nothing: 'nothing',
    always: 'always',
    phrase: (what: string, whose: string) => `${what} of ${whose}`,
    leave: 'Leave to the rules',
    ask: (count: Amount) => `Leave ${plural(count, 'assignment', 'assignments')} to the rules?`,
    consequence:
      'Where rules give it the approval ends; the rest of its time stays approved. Each is tried again before: what would lose anything stays as it is. It cannot be undone: approve again what you want to keep beyond the rules.',
    comment: 'Comment',
  },
}
