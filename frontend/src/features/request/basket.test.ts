import { beforeEach, expect, test } from 'vitest'
import { setTimeZone } from '../../lib/day'
import {
  acknowledge,
  addLine,
  addPerson,
  changeLine,
  dropLine,
  dropPerson,
  emptyBasket,
  isTaken,
  leaveOut,
  readBasket,
  sentBasket,
  toInput,
  writeBasket,
  type Basket,
} from './basket'

const person = (id: string) => ({ id, entityType: 'Directory_User', key: `E${id}`, displayName: `Person ${id}` })
const petra = person('1')
const tim = person('2')

const entry = (role: string, owners = [petra], action: 'ADD' | 'REMOVE' = 'ADD') => ({
  action,
  role,
  kind: 'SINGLE' as const,
  name: role,
  owners,
  parameters: [],
  needsEnd: false,
  takesEnd: true,
})

const first = (basket: Basket) => basket.lines[0]?.id ?? ''

beforeEach(() => {
  sessionStorage.clear()
  setTimeZone('UTC')
})

test('the same role for another person joins its line, and the same again changes nothing', () => {
  const one = addLine(emptyBasket(), entry('Sales'))
  const two = addLine(one, entry('Sales', [tim]))
  expect(two.lines.map((l) => l.owners.map((o) => o.id))).toEqual([['1', '2']])
  expect(addLine(two, entry('Sales', [tim]))).toBe(two)
  expect(isTaken(two, 'Sales', 'SINGLE', '2')).toBe(true)
  expect(isTaken(two, 'Sales', 'COMPOSITE', '2')).toBe(false)
})

test('who is added gets what everybody gets, and nothing that is taken from somebody', () => {
  let basket = addPerson(emptyBasket(), petra)
  basket = addLine(basket, entry('Sales'))
  basket = addLine(basket, entry('Payments', [petra], 'REMOVE'))
  basket = addPerson(basket, tim)
  expect(basket.lines.map((l) => l.owners.length)).toEqual([2, 1])
  basket = dropPerson(basket, '1')
  expect(basket.lines.map((l) => [l.role, ...l.owners.map((o) => o.id)])).toEqual([['Sales', '2']])
})

test('a line of nobody goes', () => {
  const basket = addLine(emptyBasket(), entry('Sales'))
  expect(leaveOut(basket, first(basket), '1').lines).toEqual([])
  expect(dropLine(basket, first(basket)).lines).toEqual([])
})

test('every change has a name of its own for the server, and the same basket has the same', () => {
  const basket = addLine(emptyBasket(), entry('Sales'))
  const changes = [
    basket,
    changeLine(basket, first(basket), { until: '2026-12-31' }),
    acknowledge(basket, 'NO_APPROVER', true),
    sentBasket(basket),
  ]
  expect(new Set(changes.map((b) => b.key)).size).toBe(changes.length)
})

test('days become instants: the first of the first day, and the first after the last', () => {
  setTimeZone('Europe/Berlin')
  let basket = addLine(emptyBasket(), {
    ...entry('Ledger'),
    parameters: [
      { dimension: 'Department', name: 'Department', entityType: 'Directory_Department', isRequired: true },
      { dimension: 'Site', name: 'Site', entityType: 'Directory_Site', isRequired: false },
    ],
  })
  basket = changeLine(basket, first(basket), {
    from: '2026-12-01',
    until: '2026-12-31',
    values: { Department: { key: 'FIN', name: 'Finance' } },
  })
  expect(toInput(basket.lines).items).toEqual([
    {
      action: 'ADD',
      role: 'Ledger',
      roleKind: 'SINGLE',
      ownerIds: ['1'],
      parameters: [{ dimension: 'Department', key: 'FIN' }],
      startDate: '2026-11-30T23:00:00.000Z',
      endDate: '2026-12-31T23:00:00.000Z',
    },
  ])
})

test('what is taken away names values only where somebody chose them', () => {
  const basket = addLine(emptyBasket(), entry('Sales', [petra], 'REMOVE'))
  expect(toInput(basket.lines).items).toEqual([
    { action: 'REMOVE', role: 'Sales', roleKind: 'SINGLE', ownerIds: ['1'], parameters: [] },
  ])
})

test('the basket is kept for each user of the tab, and one that cannot be read is empty', () => {
  const basket = addLine(emptyBasket(), entry('Sales'))
  writeBasket('ann', basket)
  expect(readBasket('ann')).toEqual(basket)
  expect(readBasket('tim').lines).toEqual([])
  sessionStorage.setItem('writ.basket.ann', '{"lines":7}')
  expect(readBasket('ann').lines).toEqual([])
  sessionStorage.setItem('writ.basket.ann', 'x')
  expect(readBasket('ann').lines).toEqual([])
})

test('no more than the server takes', () => {
  let basket = emptyBasket()
  for (let i = 0; i < 101; i++) basket = addLine(basket, entry(`Role_${i}`))
  expect(basket.lines).toHaveLength(100)
})
