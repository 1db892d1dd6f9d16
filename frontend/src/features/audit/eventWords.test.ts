import { describe, expect, it } from 'vitest'
import { eventLine } from './eventWords'

const kindName = (identifier: string) => ({ Directory_User: 'Person' })[identifier] ?? identifier

describe('eventLine', () => {
  it.each([
    [
      'order.changed',
      { to: 1, from: null, kind: 'UPDATE', action: 'compute', lineIds: [6589], version: 1, connector: 'Badge' },
      'Update · Pending · To be carried out',
    ],
    [
      'order.changed',
      { to: 4, from: 8, kind: 'UPDATE', action: 'verify' },
      'Update · Executed → Verified · Seen in the system',
    ],
    [
      'synchronization.ended',
      { mode: 'COMPLETE', error: null, state: 'APPLIED', blocked: null, deleted: 0, updated: 1, connector: 'HR' },
      'Mode: Complete · State: Applied · Changed: 1',
    ],
    [
      'synchronization.ended',
      {
        state: 'BLOCKED',
        blocked: [
          { name: 'Human resources', limit: 50, value: 400, counter: 'deleted', percent: false },
          { name: 'Human resources', limit: 5, value: 400, counter: 'deleted', percent: true },
        ],
      },
      'State: Blocked · Over the limit: Human resources: gone 400, limit 50, Human resources: gone 400, limit 5 %',
    ],
    [
      'resource.changed',
      { key: 'E10002', change: 'updated', entityType: 'Directory_User' },
      'Key: E10002 · Change: changed · Kind: Person',
    ],
    [
      'request.changed',
      {
        from: 'SUBMITTED',
        to: 'IN_APPROVAL',
        role: 'Payment_Entry',
        wish: 'EXTEND',
        itemId: 10,
        requestId: 9,
        number: 'RQ-9',
        object: 'Payment entry',
      },
      'State: Submitted → In approval · Wish: Extend · Number: RQ-9 · Object: Payment entry',
    ],
    ['ticket.opened', { count: 1, orderIds: [787], sourceEntityType: 'Directory_User' }, 'Count: 1 · For: Person'],
    ['job.changed', { from: 'BLOCKED', to: 'CANCELLED' }, 'State: Blocked → Cancelled'],
    [
      'job.changed',
      { tasks: [1, 2, 3].map((id) => ({ id, from: 'WAITING', to: 'CANCELLED' })) },
      'Tasks: 3 × Waiting → Cancelled',
    ],
    ['access.signed_in', {}, ''],
    [
      'some.new_kind',
      { reason: 'STALE_ITEM', nested: { inserted: 12_345 } },
      'Reason: Stale item · Nested: New 12\u202f345',
    ],
  ])('%s %j', (kind, data, said) => {
    const line = eventLine(kind, data, kindName)
    expect(line).toBe(said)
    expect(line).not.toMatch(/null|undefined|\{"|\w_\w/)
  })
})
