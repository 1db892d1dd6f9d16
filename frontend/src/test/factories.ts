import type { RedundantRowFragment } from '../features/redundancy/redundancy.generated'
import type { DelegationDetailFragment } from '../features/delegation/delegation.generated'
import type { DepartureRowFragment } from '../features/departure/departure.generated'
import type { HeldRowFragment, TaskRowFragment, TeamRowFragment } from '../features/desk/desk.generated'
import type { MeFragment } from '../graphql/me.generated'
import type { OrderLinesFragment } from '../features/order/OrderLines.generated'
import type { OrderDetailFragment } from '../features/order/useOrderInDrawer.generated'
import type { DifferenceDetailFragment } from '../features/reconciliation/DifferenceDrawer.generated'
import type { RecognitionRowFragment } from '../features/reconciliation/RecognitionTab.generated'
import type { OrphanDetailQuery } from '../features/reconciliation/OrphanDrawer.generated'
import type { MiningResultRowFragment } from '../features/mining/MiningRunPage.generated'
import type { ProlongedRowFragment } from '../features/reconciliation/ProlongedTab.generated'
import type { FoundRoleRowFragment } from '../features/reconciliation/RolesTab.generated'
import type {
  CatalogueRowFragment,
  CheckedFragment,
  RequestDetailFragment,
} from '../features/request/request.generated'
import type { BulkRowFragment } from '../graphql/bulk.generated'
import { provisioningStates } from '../lib/states'

let count = 0

/** A line of an order that waits for review; says only what matters to the test. */
export function orderLine(change: Partial<OrderLinesFragment> = {}): OrderLinesFragment {
  const id = `line-${++count}`
  const state = change.state ?? 'AWAITING_APPROVAL'
  return {
    id,
    property: 'mail',
    propertyDisplayName: 'Mail',
    action: 'SET',
    state,
    stateCode: provisioningStates[state].code,
    workflow: 'CALCULATED',
    currentValue: null,
    proposedValue: 'petra.lang@example.org',
    confidence: 100,
    startDate: null,
    endDate: null,
    waits: null,
    error: null,
    isChanged: false,
    postponedAt: null,
    reasons: ['Rule mail'],
    version: 1,
    ...change,
  }
}

/** An order that waits for review, with two lines. */
export function order(change: Partial<OrderDetailFragment> = {}): OrderDetailFragment {
  const id = `order-${++count}`
  const state = change.state ?? 'AWAITING_APPROVAL'
  return {
    id,
    state,
    stateCode: provisioningStates[state].code,
    kind: 'CREATE',
    isManual: false,
    isOwn: false,
    attempt: 0,
    waits: null,
    assignee: null,
    reviewedAt: null,
    reviewedBy: null,
    postponedAt: null,
    dueAt: null,
    transmittedAt: null,
    executedAt: null,
    verifiedAt: null,
    unverifiedCount: 0,
    createdAt: '2026-03-01T09:00:00Z',
    updatedAt: '2026-03-01T09:00:00Z',
    closedAt: null,
    version: 1,
    owner: {
      id: 'person-1',
      entityType: 'Directory_User',
      key: 'E1',
      displayName: 'Petra Lang',
      summary: 'Finance',
      values: [],
    },
    target: null,
    resourceType: {
      id: 'type-1',
      identifier: 'intranet',
      displayName: 'Intranet account',
      blockProvisioning: true,
      transmittedStateValidityPeriod: 0,
    },
    connector: { id: 'connector-1', identifier: 'intranet', displayName: 'Intranet' },
    error: null,
    lines: [orderLine(), orderLine({ property: 'login', propertyDisplayName: 'Login', proposedValue: 'plang' })],
    history: [],
    ...change,
  }
}

const petra = { id: 'person-1', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }

/** A role that was read from an account: of Petra, with one value that it would bring besides. */
export function foundRole(change: Partial<FoundRoleRowFragment> = {}): FoundRoleRowFragment {
  const value = { resourceTypeName: 'Intranet account', systemName: 'Intranet', propertyName: 'Groups', itemId: null }
  return {
    id: `${++count}`,
    version: 3,
    state: 'NON_CONFORMING',
    role: 'Sales',
    roleName: 'Sales',
    roleKind: 'SINGLE',
    owner: petra,
    isOwnerGone: false,
    foundAt: '2026-03-01T08:00:00Z',
    values: [
      { ...value, value: 'Old news', isHeld: true, account: { ...petra, id: 'account-1', displayName: 'plang' } },
      { ...value, value: 'Canteen', isHeld: false, account: null },
    ],
    lackingCount: 1,
    compositeName: null,
    singleRoleNames: [],
    postponedAt: null,
    postponedBy: null,
    postponedByName: null,
    isOwn: false,
    decisions: ['KEEP_ROLE', 'REMOVE_ROLE', 'POSTPONE'],
    comments: [
      { decision: 'KEEP_ROLE', activation: 'REQUIRED' },
      { decision: 'REMOVE_ROLE', activation: 'OPTIONAL' },
    ],
    decidedBy: null,
    decidedByName: null,
    decidedAt: null,
    comment: '',
    automatic: null,
    ...change,
  }
}

/** A role in its grace period. */
export function prolongedRole(change: Partial<ProlongedRowFragment> = {}): ProlongedRowFragment {
  return {
    id: `${++count}`,
    version: 2,
    role: 'Source_Code',
    roleName: 'Source code',
    roleKind: 'SINGLE',
    owner: petra,
    since: '2026-03-01T08:00:00Z',
    until: '2026-03-08T08:00:00Z',
    rules: ['Source_Code-Engineering'],
    cause: 'RULE_GONE',
    isOwn: false,
    comments: [
      { decision: 'APPROVE', activation: 'OPTIONAL' },
      { decision: 'DECLINE', activation: 'REQUIRED' },
    ],
    automatic: null,
    ...change,
  }
}

/** A role that somebody approved although a rule gives it. */
export function redundant(change: Partial<RedundantRowFragment> = {}): RedundantRowFragment {
  return {
    id: `${++count}`,
    kind: 'SINGLE_ROLE',
    object: 'Source_Code',
    objectName: 'Source code',
    policy: 'Default',
    policyName: 'Default policy',
    owner: petra,
    startDate: '2026-01-01T00:00:00Z',
    endDate: '2027-01-01T00:00:00Z',
    given: [
      {
        start: '2026-03-01T00:00:00Z',
        end: '2026-10-01T00:00:00Z',
        reasons: ['Given to whoever holds Engineering.'],
      },
    ],
    remaining: [
      { start: '2026-01-01T00:00:00Z', end: '2026-03-01T00:00:00Z' },
      { start: '2026-10-01T00:00:00Z', end: '2027-01-01T00:00:00Z' },
    ],
    isOwn: false,
    ...change,
  }
}

type RequestStep = RequestDetailFragment['steps'][number]

/** One level of approval, which waits for a decision. */
export function requestStep(change: Partial<RequestStep> = {}): RequestStep {
  return {
    id: `step-${++count}`,
    level: 1,
    state: 'OPEN',
    skipReason: null,
    openedAt: '2026-03-01T08:00:00Z',
    dueAt: '2026-03-06T08:00:00Z',
    isLate: false,
    remindAt: '2026-03-03T08:00:00Z',
    remindedAt: null,
    escalateAt: '2026-03-06T08:00:00Z',
    answerBy: null,
    escalation: 0,
    closedAt: null,
    decider: null,
    decidedFor: null,
    comment: null,
    candidates: ['Rita Reviewer', 'Rolf Officer'],
    more: 0,
    rule: null,
    asked: [],
    handed: [],
    changedDates: null,
    ...change,
  }
}

/** What Erik asked for Petra, and waits for its first approval. */
export function requestItem(change: Partial<RequestDetailFragment> = {}): RequestDetailFragment {
  const id = `${++count}`
  return {
    id,
    requestId: `r${id}`,
    requestNumber: 'RQ-17',
    requesterName: 'Erik Employee',
    action: 'ADD',
    role: 'Payment_Entry',
    roleKind: 'SINGLE',
    objectName: 'Payment entry',
    owner: petra,
    state: 'IN_APPROVAL',
    level: 1,
    levels: 1,
    problem: null,
    outcome: null,
    closedReason: null,
    submittedAt: '2026-03-01T08:00:00Z',
    closedAt: null,
    version: 1,
    dueAt: '2026-03-06T08:00:00Z',
    isLate: false,
    canRemind: false,
    stepId: `step-of-${id}`,
    stepVersion: 4,
    isStuck: false,
    isOwn: false,
    canDecide: true,
    decideFor: [],
    canWithdraw: false,
    commentOnApprove: 'OPTIONAL',
    commentOnDecline: 'REQUIRED',
    justification: 'Closing of the quarter.',
    parameters: [],
    requestedStart: null,
    requestedEnd: null,
    startDate: null,
    endDate: null,
    clamps: [],
    expireAt: '2026-04-30T08:00:00Z',
    approvedAt: null,
    canDelegate: true,
    canRecall: false,
    canReassign: false,
    canAsk: false,
    canAnswer: false,
    canWithdrawQuestion: false,
    comments: [],
    risks: [],
    steps: [requestStep()],
    orders: [],
    ...change,
  }
}

/** A role that can be asked for. */
export function catalogueEntry(change: Partial<CatalogueRowFragment> = {}): CatalogueRowFragment {
  return {
    id: `role-${++count}`,
    role: 'Payment_Entry',
    kind: 'SINGLE',
    name: 'Payment entry',
    description: 'Entering payments.',
    category: 'Business applications',
    policy: 'Default policy',
    levels: 1,
    status: 'CAN_BE_REQUESTED',
    parameters: [],
    needsEnd: false,
    takesEnd: true,
    heldUntil: null,
    ...change,
  }
}

/** What the server says about one line of a basket: it goes to whoever approves. */
export function checkedItem(change: Partial<CheckedFragment['items'][number]> = {}): CheckedFragment['items'][number] {
  return {
    position: 0,
    owner: petra,
    role: 'Payment_Entry',
    roleKind: 'SINGLE',
    object: 'Payment entry',
    action: 'ADD',
    startDate: null,
    endDate: null,
    clamps: [],
    levels: [{ level: 1, approvers: ['Rita Reviewer', 'Rolf Officer'], more: 0, skippedBecause: null, rule: null }],
    systems: [{ resourceType: 'intranet', name: 'Intranet account', isReviewed: false }],
    findings: [],
    ...change,
  }
}

/** A value that differs and waits for a decision. */
export function difference(change: Partial<DifferenceDetailFragment> = {}): DifferenceDetailFragment {
  return {
    id: `${++count}`,
    version: 1,
    automatic: null,
    isForRules: false,
    foundRoles: [],
    kind: 'UNRECONCILED',
    state: 'NON_CONFORMING',
    resourceType: 'intranet',
    resourceTypeName: 'Intranet account',
    system: 'intranet',
    systemName: 'Intranet',
    owner: petra,
    ownerEntityType: 'Directory_User',
    isOwnerGone: false,
    target: { id: 'account-1', entityType: 'Intranet_Account', key: 'plang', displayName: 'plang' },
    property: 'site',
    propertyName: 'Site',
    current: 'Berlin',
    proposed: 'Hamburg',
    foundAt: '2026-03-01T09:00:00Z',
    postponedAt: null,
    postponedBy: null,
    postponedByName: null,
    confidence: null,
    isOwn: false,
    pattern: 'pattern-1',
    decisions: ['USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE'],
    comments: [
      { decision: 'USE_PROPOSED', activation: 'OPTIONAL' },
      { decision: 'KEEP_CURRENT', activation: 'REQUIRED' },
      { decision: 'POSTPONE', activation: 'OPTIONAL' },
    ],
    decision: null,
    decidedBy: null,
    decidedByName: null,
    decidedAt: null,
    comment: '',
    closedAt: null,
    ...change,
  }
}

/** An account that nothing explains. */
export function unauthorized(change: Partial<DifferenceDetailFragment> = {}): DifferenceDetailFragment {
  return difference({
    kind: 'UNAUTHORIZED',
    property: null,
    propertyName: null,
    current: 'plang',
    proposed: '',
    decisions: ['AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT', 'POSTPONE'],
    comments: [
      { decision: 'AUTHORIZE', activation: 'REQUIRED' },
      { decision: 'AUTHORIZE_WITHOUT_OWNER', activation: 'REQUIRED' },
      { decision: 'DELETE_ACCOUNT', activation: 'OPTIONAL' },
      { decision: 'POSTPONE', activation: 'OPTIONAL' },
    ],
    ...change,
  })
}

type Orphan = OrphanDetailQuery['accountsWithoutOwner']['nodes'][number]

/** An account of nobody, whom two people could have. */
type Recognized = RecognitionRowFragment

/** An account that a person gave to somebody whom no rule finds. */
export function recognized(change: Partial<Recognized> = {}): Recognized {
  const owner = { id: 'person-1', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }
  return {
    id: `account-${++count}`,
    version: '(1,1,16,t)',
    account: { id: `account-${count}`, entityType: 'Intranet_Account', key: 'lang', displayName: 'lang' },
    state: 'OWNED',
    resourceType: 'intranet',
    resourceTypeName: 'Intranet account',
    system: 'intranet',
    systemName: 'Intranet',
    owner,
    confidence: 100,
    isFrozen: true,
    frozenBy: 'rita',
    frozenByName: 'Rita Reviewer',
    frozenAt: '2026-03-01T09:00:00Z',
    comment: 'asked her',
    since: '2026-03-01T09:00:00Z',
    orderId: null,
    isOwn: false,
    rules: [
      {
        kind: 'CORRELATION',
        rule: 'Found by Login name, equal to Employee id of the owner: 100 % sure.',
        resourceTypeName: 'Intranet account',
        owner: { ...owner, id: 'person-2', key: 'E2', displayName: 'Paul Lang' },
        confidence: 100,
        value: 'lang',
        isShared: false,
        isCurrent: false,
      },
    ],
    forecast: {
      outcome: 'OTHER_OWNER',
      owner: { ...owner, id: 'person-2', key: 'E2', displayName: 'Paul Lang' },
      confidence: 100,
      refusal: null,
    },
    ...change,
  }
}

export function orphan(change: Partial<Orphan> = {}): Orphan {
  const candidate = (at: number, name: string): Orphan['candidates'][number] => ({
    owner: { id: `person-${at}`, entityType: 'Directory_User', key: `E${at}`, displayName: name },
    confidence: 60,
    reason: 'Found by Holder name, equal to Last name of the owner: 60 % sure.',
    value: 'Lang',
  })
  return {
    id: `account-${++count}`,
    account: { id: `account-${count}`, entityType: 'Intranet_Account', key: 'lang', displayName: 'lang' },
    reason: 'AMBIGUOUS',
    resourceType: 'intranet',
    resourceTypeName: 'Intranet account',
    system: 'intranet',
    systemName: 'Intranet',
    owner: null,
    leftAt: null,
    since: '2026-03-01T09:00:00Z',
    itemId: 'difference-1',
    itemVersion: 1,
    isPostponed: false,
    isOwn: false,
    orderId: null,
    candidates: [candidate(1, 'Petra Lang'), candidate(2, 'Paul Lang')],
    types: [
      {
        identifier: 'intranet',
        displayName: 'Intranet account',
        ownerEntityType: 'Directory_User',
        comment: 'REQUIRED',
        commentOnDelete: 'OPTIONAL',
      },
    ],
    ...change,
  }
}

/** A bulk change under way. */
export function bulkChange(change: Partial<BulkRowFragment> = {}): BulkRowFragment {
  return {
    id: `${++count}`,
    kind: 'RECONCILE_RESOURCES',
    decision: 'USE_PROPOSED',
    about: '',
    isOfRequests: false,
    comment: 'The new sites',
    state: 'RUNNING',
    actor: 'rita',
    actorName: 'Rita Reviewer',
    isMine: true,
    againId: null,
    total: 4812,
    done: 3101,
    skipped: 6,
    failed: 2,
    failure: '',
    createdAt: '2026-03-01T09:00:00Z',
    startedAt: '2026-03-01T09:00:01Z',
    endedAt: null,
    ...change,
  }
}

/** Somebody with no rights but those given. */
export function me(change: Partial<MeFragment> = {}): MeFragment {
  return {
    id: 'user-1',
    serverTime: '2026-03-01T09:00:00Z',
    username: 'ann',
    displayName: 'Ann Vogel',
    resource: null,
    profiles: [],
    permissions: [],
    scopes: {
      reviewProvisioning: ['Directory_User'],
      reconciliateResources: ['Directory_User'],
      massReconciliateResources: ['Directory_User'],
      reconciliateRoles: ['Directory_User'],
      massReconciliateRoles: ['Directory_User'],
      reviewRoles: ['Directory_User'],
      massReviewRoles: ['Directory_User'],
      manualProvisioning: [],
      bulkManualProvisioning: [],
      bulkReviewProvisioning: [],
      queryResources: [],
      createResources: [],
      massUpdateResources: [],
      massRequest: [],
    },
    hasReports: false,
    actsFor: [],
    isAsked: false,
    testHooks: false,
    demo: false,
    timeZone: 'UTC',
    ...change,
  }
}

/** Something that the person has by a request, and can give back. */
export function heldRow(change: Partial<HeldRowFragment> = {}): HeldRowFragment {
  return {
    id: `role-${++count}`,
    kind: 'ROLE',
    identifier: 'Payment_Entry',
    name: 'Payment entry',
    description: 'Entering payments.',
    roleKind: 'SINGLE',
    category: 'Business applications',
    state: 'READY',
    since: '2026-01-10T00:00:00Z',
    until: '2026-06-01T00:00:00Z',
    because: 'REQUEST',
    why: 'You asked for it; Rita Reviewer approved it on 9 January 2026.',
    asked: null,
    requestItemId: '17',
    requestNumber: 'RQ-17',
    giveBack: 'REMOVE',
    parameters: [],
    accounts: [{ resourceType: 'Intranet_User', name: 'Intranet user', login: 'plang', state: 'READY' }],
    ...change,
  }
}

/** An approval that waits. */
export function taskRow(change: Partial<TaskRowFragment> = {}): TaskRowFragment {
  const subjectId = `${++count}`
  return {
    id: `APPROVAL-${subjectId}`,
    kind: 'APPROVAL',
    subjectId,
    subject: 'Payment entry',
    action: 'ADD',
    person: petra,
    requesterName: 'Erik Employee',
    since: '2026-03-01T08:00:00Z',
    dueAt: '2026-03-06T08:00:00Z',
    isLate: false,
    takenBy: null,
    forPerson: null,
    number: 'RQ-17',
    link: `/approvals/${subjectId}`,
    ...change,
  }
}

/** Ida acts for Rolf. */
export function delegationDetail(change: Partial<DelegationDetailFragment> = {}): DelegationDetailFragment {
  return {
    id: `${++count}`,
    delegator: { id: 'user-rolf', username: 'rolf', name: 'Rolf Officer' },
    deputy: { id: 'user-ida', username: 'ida', name: 'Ida Deputy' },
    kinds: ['APPROVALS'],
    scope: { entityTypes: [], roles: [], categories: ['Finance'], policies: [] },
    startDate: '2026-03-01T07:00:00Z',
    endDate: '2026-03-15T00:00:00Z',
    reason: 'On holiday.',
    state: 'ACTIVE',
    createdBy: 'Rolf Officer',
    createdAt: '2026-02-27T09:00:00Z',
    closedAt: null,
    closedBy: null,
    version: 2,
    isMine: true,
    isForMe: false,
    can: ['revoke', 'shorten'],
    acts: 0,
    history: [
      {
        at: '2026-02-27T09:00:00Z',
        actor: 'Rolf Officer',
        action: 'plan',
        from: null,
        to: null,
        endDate: '2026-03-15T00:00:00Z',
        comment: 'On holiday.',
      },
      {
        at: '2026-03-01T07:00:00Z',
        actor: 'clock',
        action: 'begin',
        from: 'PLANNED',
        to: 'ACTIVE',
        endDate: '2026-03-15T00:00:00Z',
        comment: '',
      },
    ],
    ...change,
  }
}

/** Somebody who reports to the person. */
export function teamRow(change: Partial<TeamRowFragment> = {}): TeamRowFragment {
  const id = `person-${++count}`
  return {
    id,
    person: { ...petra, id },
    standing: 'PLAIN',
    contractEnd: null,
    roles: 14,
    byRequest: 2,
    accounts: 5,
    waiting: 0,
    risks: null,
    riskLevel: null,
    ...change,
  }
}

/** What mining made of a role: one rule that explains all but two holders, and gives it to three others. */
export function minedRole(change: Partial<MiningResultRowFragment> = {}): MiningResultRowFragment {
  return {
    id: `mined-${++count}`,
    role: { id: 'role-1', identifier: 'Payment_View', displayName: 'Payment view' },
    rule: 'Sure',
    people: 446,
    holders: 48,
    rightly: 46,
    wrongly: 3,
    unexplained: 2,
    precision: 98.9,
    falsePositive: 6.1,
    refused: null,
    isCut: false,
    proposals: [
      {
        criteria: [
          { dimension: 'Department', key: 'FIN', label: 'Finance', inherit: true },
          { dimension: 'Title', key: 'CLERK', label: 'Clerk', inherit: false },
        ],
        matched: 49,
        rightly: 46,
        fresh: 46,
        falsePositive: 6.1,
      },
    ],
    ...change,
  }
}

export function departureRow(change: Partial<DepartureRowFragment> = {}): DepartureRowFragment {
  return {
    kind: 'ACCOUNT',
    system: 'Intranet',
    type: 'Intranet user',
    name: 'e10003',
    outcome: 'VERIFIED',
    action: 'DELETE',
    by: null,
    askedAt: '2026-03-10T08:00:00Z',
    executedAt: '2026-03-10T08:00:01Z',
    verifiedAt: '2026-03-10T08:00:04Z',
    why: null,
    orderId: '17',
    isManual: false,
    ...change,
  }
}
