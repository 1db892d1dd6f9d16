import { RedundantPage } from '../../src/features/redundancy/RedundantPage'
import { me, redundant } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, page } from './common'

const run = {
  id: '7',
  state: 'COMPLETED',
  actor: 'admin',
  actorName: 'Ann Admin',
  error: '',
  total: 446,
  done: 446,
  found: 3,
  createdAt: '2026-03-10T08:00:00Z',
  endedAt: '2026-03-10T08:00:02Z',
}

const found = (nodes: unknown[], runs: unknown[] = [run], who = me()): Story => ({
  at: '/redundant',
  who,
  draw: () => <RedundantPage />,
  answers: {
    RedundantList: { redundantAssignments: page(nodes) },
    LastRedundancyRun: { redundancyRuns: { nodes: runs } },
    RedundancyPolicies: {
      policies: [
        { identifier: 'Default', displayName: 'Default policy' },
        { identifier: 'Other', displayName: 'Other policy' },
      ],
    },
  },
})

export const redundancyStories: Record<string, Story> = {
  'redundant, whole, in part, own': found([
    redundant(),
    redundant({ kind: 'RESOURCE_TYPE', objectName: 'Intranet account', remaining: [], startDate: null, endDate: null }),
    redundant({
      isOwn: true,
      objectName: long,
      given: [{ start: null, end: null, reasons: [`Given to ${long}.`, 'Given to everybody.'] }],
      remaining: [],
    }),
  ]),
  'redundant, nothing found': found([]),
  'redundant, no analysis yet': found([], []),
  'redundant, under way': found([], [{ ...run, state: 'IN_PROGRESS', done: 120, found: 1, endedAt: null }]),
  'redundant, failed': found([redundant()], [{ ...run, state: 'FAILED', done: 120, error: long }]),
  'redundant, to read only': found(
    [redundant()],
    [run],
    me({ permissions: ['/ProvisioningPolicy/RedundantAssignment/Query'] }),
  ),
}
