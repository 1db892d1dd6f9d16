import { useState } from 'react'
import { ApprovalDrawer } from '../../src/features/request/ApprovalDrawer'
import { addLine, emptyBasket, type Basket } from '../../src/features/request/basket'
import { BasketPanel } from '../../src/features/request/BasketPanel'
import { CatalogueList } from '../../src/features/request/CatalogueList'
import { RequestDrawer } from '../../src/features/request/RequestDrawer'
import type { CheckedFragment } from '../../src/features/request/request.generated'
import { RequestsPanel } from '../../src/features/home/RequestsPanel'
import { catalogueEntry, checkedItem, me, requestItem, requestStep } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const { owner } = checkedItem()
const ask = me({ permissions: ['/Custom/Workflows/ModifyPermissions_Directory_User/Request/ActionPending'] })

const decide = (item: ReturnType<typeof requestItem> | null): Story => ({
  at: `/approvals/${item?.id ?? '1'}`,
  draw: () => <ApprovalDrawer />,
  answers: { RequestItemDetail: { requestItem: item } },
})

const mine = (item: ReturnType<typeof requestItem> | null): Story => ({
  at: `/requests/${item?.id ?? '1'}`,
  who: ask,
  draw: () => <RequestDrawer />,
  answers: { RequestItemDetail: { requestItem: item } },
})

const line = (name: string, change: Partial<Basket['lines'][number]> = {}) => ({
  action: 'ADD' as const,
  role: name,
  kind: 'SINGLE' as const,
  name,
  owners: [owner],
  parameters: [],
  needsEnd: false,
  takesEnd: true,
  ...change,
})

function Held({ basket }: { basket: Basket }) {
  const [held, change] = useState(basket)
  return <BasketPanel basket={held} change={change} />
}

const basket = (of: Basket, items: CheckedFragment['items'] = [], submittable = true): Story => ({
  at: '/request',
  who: ask,
  draw: () => <Held basket={of} />,
  answers: { CheckRequest: { checkRequest: { digest: 'd', submittable, items } } },
})

const filled = (...lines: ReturnType<typeof line>[]) => lines.reduce(addLine, emptyBasket())

const department = { dimension: 'Department', name: 'Department', entityType: 'Directory_Department', isRequired: true }

const order = {
  id: '9',
  name: 'Intranet user',
  state: 'VERIFIED' as const,
  isManual: false,
  verifiedAt: '2026-03-01T10:00:00Z',
}
const approved = {
  stepId: null,
  canDecide: false,
  approvedAt: '2026-03-01T09:00:00Z',
  steps: [
    requestStep({
      state: 'APPROVED',
      decider: 'Rita Reviewer',
      comment: 'as agreed',
      closedAt: '2026-03-01T09:00:00Z',
      candidates: [],
    }),
  ],
}

const asked = (name: string, excludedBecause: string | null) => ({
  name,
  foundBy: 'manager of the person',
  excludedBecause,
  since: '2026-03-01T08:00:00Z',
  until: null,
})

export const requestStories: Record<string, Story> = {
  'approval, to decide': decide(requestItem()),
  'approval, long, with risk and clamps': decide(
    requestItem({
      objectName: long,
      level: 2,
      levels: 3,
      justification: `${long} ${long}\n${long}`,
      startDate: '2026-03-02T00:00:00Z',
      endDate: '2026-06-01T00:00:00Z',
      clamps: [
        { field: 'end', requested: '2027-01-01T00:00:00Z', effective: '2026-06-01T00:00:00Z', because: 'contract_end' },
      ],
      risks: [
        { id: '1', displayName: 'Payment entry and approval', remediation: `Keep one of the two. ${long}`, level: 80 },
      ],
      steps: [
        requestStep({
          level: 1,
          state: 'APPROVED',
          decider: long,
          comment: long,
          candidates: [],
          closedAt: '2026-03-01T09:00:00Z',
        }),
        requestStep({ level: 2, candidates: [long, 'Rita Reviewer'], more: 17 }),
        requestStep({ level: 3, state: 'WAITING', openedAt: null, candidates: [] }),
      ],
    }),
  ),
  'approval, without a comment': decide(requestItem({ commentOnApprove: 'DISABLED', commentOnDecline: 'DISABLED' })),
  'approval, of oneself': decide(requestItem({ isOwn: true, canDecide: false })),
  'approval, stuck': decide(
    requestItem({
      isStuck: true,
      canDecide: false,
      problem: 'Nobody may decide on this.',
      steps: [requestStep({ state: 'STUCK', candidates: [] })],
    }),
  ),
  'approval, by a rule, of many who are not asked': decide(
    requestItem({
      steps: [
        requestStep({
          rule: 'The manager looks at administrators first',
          candidates: ['Mara Manager'],
          asked: [
            asked('Mara Manager', null),
            asked(long, 'has left'),
            asked('Erik Employee', 'asked for it'),
            { ...asked('Emil Keller', null), until: '2026-03-01T08:30:00Z' },
          ],
        }),
      ],
    }),
  ),
  'approval, stuck, by a rule': decide(
    requestItem({
      isStuck: true,
      canDecide: false,
      problem: 'Nobody may decide on this.',
      steps: [
        requestStep({
          state: 'STUCK',
          candidates: [],
          rule: long,
          asked: [asked('Emil Keller', 'has no account to sign in with'), asked('Ticket bridge', 'is a program')],
        }),
      ],
    }),
  ),
  'approval, handed over': decide(
    requestItem({
      canDecide: false,
      canRecall: true,
      steps: [
        requestStep({
          candidates: [long],
          handed: [
            { name: 'Nico Night', byName: 'Rita Reviewer', reason: 'on leave', since: '2026-03-01T08:00:00Z' },
            { name: long, byName: 'Nico Night', reason: `${long} ${long}`, since: '2026-03-01T09:00:00Z' },
          ],
        }),
      ],
    }),
  ),
  'approval, late, escalated, with a question': decide(
    requestItem({
      isLate: true,
      dueAt: '2026-03-06T08:00:00Z',
      canWithdrawQuestion: true,
      steps: [
        requestStep({
          state: 'INFO_REQUESTED',
          isLate: true,
          dueAt: '2026-03-06T08:00:00Z',
          remindedAt: '2026-03-05T08:00:00Z',
          escalation: 1,
          escalateAt: '2026-03-11T08:00:00Z',
          answerBy: '2026-03-14T08:00:00Z',
          candidates: ['Rita Reviewer', 'Mara Manager'],
        }),
      ],
      comments: [
        {
          id: '7',
          stepId: 's7',
          kind: 'QUESTION',
          authorName: 'Rita Reviewer',
          addresseeName: 'Erik Employee',
          text: `What for? ${long}`,
          at: '2026-03-07T08:00:00Z',
          isOpen: true,
        },
      ],
    }),
  ),
  'approval, supervised': decide(
    requestItem({
      canDecide: false,
      canReassign: true,
      canRemind: true,
      isStuck: true,
      steps: [requestStep({ state: 'STUCK', candidates: [] })],
    }),
  ),
  'approval, narrowed before': decide(
    requestItem({
      level: 2,
      levels: 2,
      startDate: '2026-04-01T00:00:00Z',
      endDate: '2026-06-30T22:00:00Z',
      steps: [
        requestStep({
          level: 1,
          state: 'APPROVED',
          decider: long,
          comment: long,
          candidates: [],
          changedDates: {
            startBefore: null,
            start: '2026-04-01T00:00:00Z',
            endBefore: '2026-12-31T23:00:00Z',
            end: '2026-06-30T22:00:00Z',
          },
        }),
        requestStep({ level: 2 }),
      ],
    }),
  ),
  'approval, not there': decide(null),
  'request, waits': mine(requestItem({ canDecide: false, canWithdraw: true, isOwn: true })),
  'request, approved, orders under way': mine(
    requestItem({
      ...approved,
      state: 'APPROVED',
      orders: [
        order,
        { ...order, id: '10', name: 'Badge card', state: 'TRANSMITTED', isManual: true, verifiedAt: null },
      ],
    }),
  ),
  'request, fulfilled': mine(
    requestItem({
      ...approved,
      state: 'FULFILLED',
      outcome: 'COMPLETE',
      closedAt: '2026-03-01T10:00:00Z',
      orders: [order],
    }),
  ),
  'request, declined': mine(
    requestItem({
      state: 'DECLINED',
      canDecide: false,
      closedAt: '2026-03-01T09:00:00Z',
      steps: [requestStep({ state: 'DECLINED', decider: 'Rita Reviewer', comment: 'Not your work.', candidates: [] })],
    }),
  ),
  'request, cancelled': mine(
    requestItem({
      action: 'REMOVE',
      state: 'CANCELLED',
      canDecide: false,
      closedReason: 'the role was deleted',
      closedAt: '2026-03-01T09:00:00Z',
      steps: [requestStep({ state: 'CLOSED', candidates: [] })],
    }),
  ),
  'basket, empty': basket(emptyBasket()),
  'basket, ready': basket(filled(line('Payment entry')), [checkedItem()]),
  'basket, full of remarks': basket(
    filled(
      line('Payment entry'),
      line('Ledger', { parameters: [department], needsEnd: true }),
      line(long, { action: 'REMOVE' }),
      line('News', { action: 'DENY' }),
    ),
    [
      checkedItem({
        findings: [
          { code: 'ALREADY_REQUESTED', severity: 'BLOCKS', message: 'This is asked for already: RQ-17.', field: null },
        ],
      }),
      checkedItem({
        position: 1,
        levels: [],
        findings: [
          {
            code: 'MISSING_PARAMETER',
            severity: 'BLOCKS',
            message: 'The role needs a value of Department.',
            field: 'parameters',
          },
          {
            code: 'NO_APPROVER',
            severity: 'WARNS',
            message: 'Nobody can approve this for Petra Lang yet.',
            field: null,
          },
          { code: 'CLAMPED', severity: 'INFORMS', message: `Until the contract ends. ${long}`, field: null },
        ],
      }),
      checkedItem({
        position: 2,
        action: 'REMOVE',
        levels: [{ level: 1, approvers: [], more: 0, skippedBecause: 'give_back', rule: null }],
      }),
    ],
    false,
  ),
  catalogue: {
    at: '/request',
    who: ask,
    draw: () => (
      <CatalogueList
        person={owner}
        basket={filled(line('Payment_Entry'))}
        search={{}}
        onSearch={nothing}
        onTake={nothing}
      />
    ),
    answers: {
      RequestCatalogue: {
        requestCatalogue: page([
          catalogueEntry(),
          catalogueEntry({ role: 'b', name: long, description: long, status: 'HELD_BY_RULE', levels: 0 }),
          catalogueEntry({ role: 'c', name: 'Ledger', status: 'HELD_BY_HAND', levels: 2, category: null }),
          catalogueEntry({ role: 'd', name: 'Reports', status: 'REQUESTED' }),
          catalogueEntry({ role: 'e', name: 'Approval', status: 'FORBIDDEN', kind: 'COMPOSITE' }),
        ]),
      },
    },
  },
  'catalogue, nothing in it': {
    at: '/request',
    who: ask,
    draw: () => <CatalogueList person={owner} basket={emptyBasket()} search={{}} onSearch={nothing} onTake={nothing} />,
    answers: { RequestCatalogue: { requestCatalogue: page([]) } },
  },
  'my requests at home': {
    who: ask,
    draw: () => <RequestsPanel />,
    answers: {
      MyOpenRequests: { requestItems: page([requestItem(), requestItem({ objectName: long, state: 'APPROVED' })]) },
    },
  },
  'my requests at home, none': {
    who: ask,
    draw: () => <RequestsPanel />,
    answers: { MyOpenRequests: { requestItems: page([]) } },
  },
}
