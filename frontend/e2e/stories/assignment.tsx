import { WhyGraph } from '../../src/features/assignment/WhyGraph'
import { WhyNotPanel } from '../../src/features/assignment/WhyNotPanel'
import type { WhyNodeFragment, WhyNotQuery } from '../../src/features/assignment/WhyTab.generated'
import type { Story } from './Stage'
import { long } from './common'

const node = (change: Partial<WhyNodeFragment>): WhyNodeFragment => ({
  id: 'n',
  kind: 'RULE',
  title: 'employee',
  texts: ['The rule employee gives the role Employee: it concerns everybody.'],
  matched: true,
  since: '2026-03-01T09:00:00Z',
  count: 1,
  resourceId: null,
  role: null,
  resourceType: null,
  orderId: null,
  ...change,
})

const whole: WhyNodeFragment[] = [
  node({ id: 'rule' }),
  node({ id: 'context', kind: 'CONTEXT', title: 'Department Finance, Site Lisbon, Job title Controller' }),
  node({ id: 'record', kind: 'RECORD', title: 'Position P00002-1', resourceId: '9' }),
  node({ id: 'role', kind: 'ROLE', title: 'Employee', role: 'Employee' }),
  node({ id: 'lead', kind: 'ROLE', title: long, matched: false, texts: ['So she does not have the role.'] }),
  node({ id: 'account', kind: 'ACCOUNT', title: 'Intranet user e10002', resourceId: '10' }),
  node({ id: 'values', kind: 'VALUE', title: '37 values', count: 37 }),
  node({ id: 'order', kind: 'ORDER', title: 'Order 70021', orderId: '70021' }),
  node({ id: 'attempt', kind: 'ATTEMPT', title: 'Attempt 1', orderId: '70021' }),
  node({ id: 'read', kind: 'VERIFICATION', title: 'Verified', orderId: '70021' }),
]

const leads = [
  ['rule', 'context'],
  ['context', 'record'],
  ['record', 'role'],
  ['record', 'lead'],
  ['role', 'account'],
  ['account', 'values'],
  ['values', 'order'],
  ['order', 'attempt'],
  ['attempt', 'read'],
].map(([from = '', to = '']) => ({ from, to }))

const lacks = (change: Partial<WhyNotQuery['whyNot']>): Story => ({
  draw: () => (
    <WhyNotPanel
      answer={{
        name: 'Payments',
        isGiven: false,
        isPartial: false,
        ways: [
          {
            changes: [
              { kind: 'VALUE', text: 'Job title of Position P1 is Clerk and would have to be Head.', resourceId: '9' },
            ],
          },
          {
            changes: [
              {
                kind: 'VALUE',
                text: 'Department of Position P1 is Payroll and would have to be Sales or below.',
                resourceId: '9',
              },
              {
                kind: 'DENIAL',
                text: 'What a person refused would have to be given back: the role Payments.',
                resourceId: null,
              },
            ],
          },
        ],
        reasons: [
          {
            kind: 'FORBIDDEN',
            rule: 'no-payments',
            text: 'The rule no-payments forbids the role Payments: Job title is Clerk.',
            failing: 0,
            of: 0,
            orderId: null,
          },
          {
            kind: 'CRITERIA',
            rule: 'heads',
            text: 'The rule heads does not give the role Payments: Job title is Clerk, not Head.',
            failing: 1,
            of: 2,
            orderId: null,
          },
          {
            kind: 'WAITS',
            rule: null,
            text: 'Order 12 of 1 Mar 2026 creates the Badge card in Badge office; it awaits approval.',
            failing: 0,
            of: 0,
            orderId: '12',
          },
        ],
        ...change,
      }}
    />
  ),
})

export const assignmentStories: Record<string, Story> = {
  'why not, two ways': lacks({}),
  'why not, no way, partly': lacks({ ways: [], isPartial: true }),
  'why not, on its way': lacks({ isGiven: true, ways: [] }),
  'why, graph': { draw: () => <WhyGraph nodes={whole} links={leads} /> },
  'why, nothing to draw': { draw: () => <WhyGraph nodes={[]} links={[]} /> },
}
