import { PlanPage } from '../../src/features/plan/PlanPage'
import type { PlanDetailQuery, PlanSumFragment } from '../../src/features/plan/plan.generated'
import type { Story } from './Stage'
import { long, page } from './common'

const planned = (change: Partial<NonNullable<PlanDetailQuery['storedPlan']>>): Story => ({
  at: '/plans/88',
  draw: () => <PlanPage />,
  answers: {
    PlanDetail: {
      storedPlan: {
        id: '88',
        title: 'Payment entry for Lisbon',
        state: 'FINISHED',
        actor: 'ada',
        actorName: long,
        asOf: '2026-11-29T10:42:00Z',
        total: 456,
        done: 456,
        failure: '',
        createdAt: '2026-11-29T10:42:00Z',
        endedAt: '2026-11-29T10:42:20Z',
        appliedAt: null,
        appliedBy: null,
        changes: [
          {
            action: 'UPDATE',
            kind: 'singleRole',
            identifier: 'Payment_Entry',
            fields: [{ path: 'rules.Payment_Entry-1.dimensions.Site.key', before: null, after: 'LIS' }],
          },
        ],
        edits: [],
        problems: [],
        summary: plannedSum,
        moved: [],
        overlaps: [],
        ...change,
      },
    },
    PlanGroups: {
      planGroups: page([
        { key: 'Payment_Entry', name: 'Payment entry', people: 20, removed: 2, added: 6, changed: 12 },
        { key: 'Payment_View', name: long, people: 1, removed: 0, added: 1, changed: 0 },
      ]),
    },
  },
})

const plannedSum: PlanSumFragment = {
  people: 20,
  hiddenPeople: 3,
  rolesRemoved: 2,
  rolesAdded: 6,
  rolesChanged: 12,
  rolesProlonged: 4,
  accountsRemoved: 1,
  accountsAdded: 2,
  accountsChanged: 0,
  creations: 6,
  updates: 12,
  deletions: 2,
  associations: 0,
  lines: 40,
  reviews: 2,
  tickets: 1,
  differences: 0,
  failures: 1,
  looked: 456,
  waiting: 4,
  automatic: 0,
  seconds: 20.4,
  limits: [],
  isOverLimit: false,
  mails: [{ template: 'BlockedProvisioningInformations', sourceEntityType: 'Directory_User', recipients: 8 }],
  isDated: false,
  isImagined: false,
}

export const planStories: Record<string, Story> = {
  'plan, computed': planned({}),
  'plan, over a limit, with problems and another one': planned({
    summary: {
      ...plannedSum,
      isOverLimit: true,
      limits: [
        { resourceType: 'SAP', action: 'delete', message: 'SAP user would delete 212 of 456, and 30 % may be.' },
      ],
    },
    problems: [
      {
        severity: 'WARNING',
        kind: 'singleRole',
        identifier: 'Payment_Entry',
        field: 'rules',
        message: 'It meets nobody.',
      },
    ],
    overlaps: [{ id: '91', title: long }],
  }),
  'plan, the world moved': planned({
    state: 'OUT_OF_DATE',
    failure: 'The world moved: for one person the outcome is another one than this plan says. Nothing is written.',
    moved: [{ ownerId: '1', displayName: long, why: 'Nothing would change any more for this person.' }],
  }),
  'plan, computing': planned({ state: 'RUNNING', done: 120, summary: null, endedAt: null }),
  'plan, failed': planned({
    state: 'FAILED',
    summary: null,
    failure: 'This configuration would be refused. There is no role Old.',
  }),
  'plan, nothing would change': planned({ summary: { ...plannedSum, people: 0, hiddenPeople: 0 } }),
  'plan, of data that a system keeps': planned({
    changes: [],
    summary: { ...plannedSum, isImagined: true },
    edits: [
      {
        action: 'UPDATE',
        id: '7',
        entityType: 'Directory_Position',
        key: 'P00001-1',
        displayName: 'P00001-1',
        fields: [{ path: 'Department', before: 'SAL', after: 'FIN' }],
      },
    ],
  }),
}
