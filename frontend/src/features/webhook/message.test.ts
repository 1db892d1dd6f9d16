import { expect, it } from 'vitest'
import { about, cursorOf } from './message'

const body = {
  type: 'order.changed',
  data: {
    cursor: '12-3',
    to: 'TRANSMITTED',
    order: { kind: 'CREATE', resourceType: { displayName: 'Badge card' }, owner: { displayName: 'Petra Lang' } },
  },
}

it('tells what a message says, and where it stands', () => {
  expect(about(body)).toBe('Create Badge card · Petra Lang: Transmitted')
  expect(cursorOf({ body })).toBe('12-3')
})

it('tells what was found, and what was decided', () => {
  const found = {
    owner: { displayName: 'Petra Lang' },
    account: { displayName: 'p.lang' },
    resourceType: 'Badge_Card',
    role: null,
  }
  expect(about({ type: 'gap.changed', data: { ...found, property: null } })).toBe(
    'Differences that are found · Badge_Card · Petra Lang',
  )
  expect(about({ type: 'gap.decided', data: { ...found, owner: null, property: 'Site' } })).toBe(
    'Decisions about differences · Badge_Card · Site · p.lang',
  )
  expect(about({ type: 'found_role.decided', data: { owner: found.owner, role: 'Payment_Entry' } })).toBe(
    'Decisions about found roles · Payment_Entry · Petra Lang',
  )
  expect(about({ type: 'risk.unheard', data: {} })).toBe('')
})

it.each([null, {}, { data: { to: 'NEW', order: { kind: 'CREATE' } } }])('says nothing of %o', (other) => {
  expect(about(other)).toBe('')
  expect(cursorOf({ body: other })).toBeNull()
})
