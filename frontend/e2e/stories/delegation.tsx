import { DelegationDrawer } from '../../src/features/delegation/DelegationDrawer'
import { NewDelegation } from '../../src/features/delegation/NewDelegation'
import { delegationDetail, me } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const acts = [
  {
    id: '1',
    at: '2026-03-02T08:00:00Z',
    deputyName: 'Ida Deputy',
    kind: 'APPROVALS',
    action: 'approve',
    subjectType: 'request_item',
    subjectId: '7',
    number: 'RQ-17',
    about: 'Payment entry',
  },
  {
    id: '2',
    at: '2026-03-01T08:00:00Z',
    deputyName: long,
    kind: 'APPROVALS',
    action: 'decline',
    subjectType: 'request_item',
    subjectId: '8',
    number: 'RQ-18',
    about: `${long} ${long}`,
  },
]

const drawer = (delegation: ReturnType<typeof delegationDetail> | null, done: typeof acts = []): Story => ({
  at: '/delegations/d1',
  draw: () => <DelegationDrawer />,
  answers: { DelegationOne: { delegation }, DelegationActs: { delegationActs: page(done) } },
})

const people = page([
  { id: 'a', username: 'night', name: 'Nico Night', person: null },
  { id: 'b', username: long.toLowerCase(), name: long, person: long },
])

const form = (permission: string): Story => ({
  at: '/delegations/d1',
  who: me({ permissions: [permission] }),
  draw: () => <NewDelegation onClose={nothing} onDone={nothing} />,
  answers: { DelegationTargets: { delegationTargets: people }, DelegationSubjects: { delegationSubjects: page([]) } },
})

export const delegationStories: Record<string, Story> = {
  'delegation, in force': drawer(delegationDetail(), acts),
  'delegation, refused, long': drawer(
    delegationDetail({
      deputy: { id: null, username: 'x', name: long },
      delegator: { id: null, username: 'y', name: long },
      scope: { entityTypes: [], roles: [long, long], categories: [], policies: [long] },
      reason: `${long} ${long}`,
      state: 'REFUSED',
      closedAt: '2026-03-02T00:00:00Z',
      closedBy: long,
      can: [],
    }),
  ),
  'delegation, for the deputy': drawer(
    delegationDetail({ isMine: false, isForMe: true, can: ['refuse'], endDate: null }),
  ),
  'delegation, over by its time': drawer(
    delegationDetail({ state: 'ENDED', closedAt: '2026-03-15T00:00:00Z', closedBy: 'clock', can: [] }),
  ),
  'delegation, not there': drawer(null),
  'delegation, new': form('/Custom/Delegations/Directory_User/Self'),
  'delegation, new, for somebody': form('/Custom/Delegations'),
}
