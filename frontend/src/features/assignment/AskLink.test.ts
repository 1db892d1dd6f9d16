import { expect, test } from 'vitest'
import type { EntitlementRowFragment } from './assignment.generated'
import { askedOf } from './AskLink'

const now = Date.parse('2026-03-01T00:00:00Z')
const role = (change: Partial<EntitlementRowFragment>) =>
  ({
    kind: 'SINGLE_ROLE',
    workflow: 'APPROVED',
    inForce: true,
    startDate: null,
    endDate: null,
    ...change,
  }) as EntitlementRowFragment

test('what a person gave can be taken, what rules give be forbidden, what is forbidden be allowed again', () => {
  expect(askedOf(role({}), now)).toEqual(['REMOVE'])
  expect(askedOf(role({ workflow: 'APPROVED_RISK' }), now)).toEqual(['REMOVE'])
  expect(askedOf(role({ workflow: 'CALCULATED' }), now)).toEqual(['DENY'])
  expect(askedOf(role({ workflow: 'GIVEN_BY_ROLE', kind: 'COMPOSITE_ROLE' }), now)).toEqual(['DENY'])
  expect(askedOf(role({ endDate: '2026-04-01T00:00:00Z' }), now)).toEqual(['EXTEND', 'REMOVE'])
  expect(askedOf(role({ workflow: 'PROLONGED', endDate: '2026-04-01T00:00:00Z' }), now)).toEqual(['EXTEND', 'REMOVE'])
  expect(askedOf(role({ inForce: false }), now)).toEqual(['ALLOW'])
})

test('nothing is asked about what is not a role, not yet held, over, or under way', () => {
  expect(askedOf(role({ kind: 'RESOURCE_TYPE' }), now)).toEqual([])
  expect(askedOf(role({ kind: 'PROPERTY' }), now)).toEqual([])
  expect(askedOf(role({ startDate: '2026-03-02T00:00:00Z', inForce: false }), now)).toEqual([])
  expect(askedOf(role({ endDate: '2026-02-02T00:00:00Z', inForce: false }), now)).toEqual([])
  expect(askedOf(role({ workflow: 'PENDING_APPROVAL' }), now)).toEqual([])
  expect(askedOf(role({ workflow: 'CALCULATED', inForce: false }), now)).toEqual([])
})
