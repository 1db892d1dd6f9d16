import { expect, it } from 'vitest'
import { together, type Differences } from './differences'

const look = (change: Partial<Differences>): Differences => ({
  problems: [],
  total: 900,
  looked: 200,
  endCursor: 'x',
  given: 150,
  gained: 1,
  lost: 2,
  failed: 0,
  properties: [],
  ...change,
})
const example = (id: string) => ({ owner: { id, key: id, displayName: id }, computed: ['a'], read: ['b'], error: '' })
const property = (name: string, differs: number, ids: string[]) => ({
  property: name,
  differs,
  errors: 0,
  sample: ids.map(example),
})

it('adds one look to those before, the properties of most people first', () => {
  const first = together(
    null,
    look({ properties: [property('Name', 3, ['1', '2', '3']), property('Phone', 2, ['1'])] }),
  )
  const both = together(
    first,
    look({ looked: 100, endCursor: null, properties: [property('Phone', 9, ['4', '5', '6', '7', '8'])] }),
  )
  expect(both).toMatchObject({ total: 900, looked: 300, endCursor: null, given: 300, gained: 2, lost: 4 })
  expect(both.properties.map((p) => [p.property, p.differs])).toEqual([
    ['Phone', 11],
    ['Name', 3],
  ])
  expect(both.properties[0]?.sample.map((s) => s.owner.id)).toEqual(['1', '4', '5', '6', '7'])
})
