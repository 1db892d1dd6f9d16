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

it.each([null, {}, { data: { to: 'NEW', order: { kind: 'CREATE' } } }])('says nothing of %o', (other) => {
  expect(about(other)).toBe('')
  expect(cursorOf({ body: other })).toBeNull()
})
