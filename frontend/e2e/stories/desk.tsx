import { AccessPanel } from '../../src/features/home/AccessPanel'
import { TasksPanel } from '../../src/features/home/TasksPanel'
import { TeamPanel } from '../../src/features/home/TeamPanel'
import { HeldDrawer } from '../../src/features/desk/HeldDrawer'
import { heldRow, me, taskRow, teamRow } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const person = { id: 'person-1', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }
const who = me({
  resource: person,
  permissions: ['/Custom/Workflows/ModifyPermissions_Directory_User/Request/ActionPending', '/ProvisioningPolicy'],
})

const held = (row: ReturnType<typeof heldRow> | null, fetching = false): Story => ({
  at: '/my-access',
  who,
  draw: () => <HeldDrawer held={row} fetching={fetching} onClose={nothing} />,
  answers: { MayAskFor: { requestTargets: page([person]) } },
})

export const deskStories: Record<string, Story> = {
  'access, to give back': held(heldRow()),
  'access, through a rule': held(
    heldRow({
      because: 'RULE',
      why: 'Given to everybody in the company.',
      giveBack: 'DENY',
      requestItemId: null,
      requestNumber: null,
      until: null,
    }),
  ),
  'access, on its way, long': held(
    heldRow({
      name: long,
      description: `${long} ${long}`,
      state: 'ON_THE_WAY',
      why: `${long} asked for it; ${long} approved it on 2 March 2026.`,
      parameters: [{ dimension: 'Department', value: long }],
      accounts: [
        { resourceType: 'A', name: long, login: `${long}@${long}.example`.replaceAll(' ', ''), state: 'ON_THE_WAY' },
        { resourceType: 'B', name: 'Badge card', login: null, state: 'TROUBLE' },
      ],
    }),
  ),
  'access, waits': held(heldRow({ state: 'WAITS', asked: 'ADD', giveBack: null, accounts: [] })),
  'access, ended': held(heldRow({ state: 'ENDED', giveBack: null, accounts: [] })),
  'access, not in the list': held(null),
  'access, loading': held(null, true),
  'tasks at home': {
    who,
    draw: () => <TasksPanel />,
    answers: {
      HomeTasks: {
        myTasks: page([
          taskRow({ isLate: true }),
          taskRow({ id: 'b', kind: 'MANUAL_ORDER', subject: long, person: null }),
        ]),
      },
    },
  },
  'tasks at home, none': { who, draw: () => <TasksPanel />, answers: { HomeTasks: { myTasks: page([]) } } },
  'access at home': {
    who,
    draw: () => <AccessPanel />,
    answers: {
      HomeAccess: {
        all: { totalCount: 14 },
        moving: { totalCount: 2 },
        soon: page([heldRow(), heldRow({ name: long })]),
      },
    },
  },
  'access at home, none': {
    who,
    draw: () => <AccessPanel />,
    answers: { HomeAccess: { all: { totalCount: 0 }, moving: { totalCount: 0 }, soon: page([]) } },
  },
  'team at home': {
    who,
    draw: () => <TeamPanel />,
    answers: {
      HomeTeam: {
        teamCounts: { people: 7, left: 1, endsSoon: 1, atRisk: 0 },
        myTeam: page([
          teamRow({ standing: 'LEFT', contractEnd: '2026-02-03T00:00:00Z' }),
          teamRow({
            standing: 'ENDS_SOON',
            contractEnd: '2026-03-12T00:00:00Z',
            person: { ...person, displayName: long },
          }),
        ]),
      },
    },
  },
  'team at home, nothing to do': {
    who,
    draw: () => <TeamPanel />,
    answers: { HomeTeam: { teamCounts: { people: 7, left: 0, endsSoon: 0, atRisk: 0 }, myTeam: page([]) } },
  },
}
