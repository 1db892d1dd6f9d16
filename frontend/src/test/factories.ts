import type { MeFragment } from '../graphql/me.generated'
import type { OrderLinesFragment } from '../features/order/OrderLines.generated'
import type { OrderDetailFragment } from '../features/order/useOrderInDrawer.generated'
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
    workflowState: 18,
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
      manualProvisioning: [],
      bulkManualProvisioning: [],
      bulkReviewProvisioning: [],
      queryResources: [],
      createResources: [],
    },
    testHooks: false,
    demo: false,
    timeZone: 'UTC',
    ...change,
  }
}
