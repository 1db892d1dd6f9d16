import { expect, test } from 'vitest'
import type { ExplainNodeKind } from '../../graphql/types.generated'
import { neighbour, placed } from './whyLayout'

const kinds: ExplainNodeKind[] = ['RULE', 'RECORD', 'ROLE', 'ROLE', 'VERIFICATION']
const nodes = kinds.map((kind, index) => ({ id: String(index), kind }))
const links = [
  { from: '0', to: '1' },
  { from: '1', to: '2' },
  { from: '2', to: '3' },
  { from: '3', to: '4' },
]

test('kinds stand in columns from left to right, one that leads to its own kind in the next', () => {
  const { at, width, height } = placed(nodes, links, false)
  const xs = nodes.map((n) => at.get(n.id)?.[0] ?? 0)
  expect(xs).toEqual([...xs].sort((a, b) => a - b))
  expect(new Set(xs).size).toBe(5)
  expect(Math.max(...xs)).toBeLessThan(width)
  expect(height).toBeGreaterThan(0)
})

test('on a phone they stand below each other', () => {
  const { at } = placed(nodes, links, true)
  const ys = nodes.map((n) => at.get(n.id)?.[1] ?? 0)
  expect(ys).toEqual([...ys].sort((a, b) => a - b))
})

test('what leads nowhere stands in the column of its kind', () => {
  const { at } = placed([...nodes, { id: 'alone', kind: 'RULE' }], links, false)
  expect(at.get('alone')?.[0]).toBe(at.get('0')?.[0])
})

test('arrow keys follow the lines', () => {
  const { at } = placed(nodes, links, false)
  expect(neighbour('ArrowRight', '0', links, at, false)).toBe('1')
  expect(neighbour('ArrowLeft', '4', links, at, false)).toBe('3')
  expect(neighbour('ArrowLeft', '0', links, at, false)).toBeUndefined()
  expect(neighbour('x', '0', links, at, false)).toBeUndefined()
})

test('three hundred nodes are placed in good time', () => {
  const many = Array.from({ length: 300 }, (_, i) => ({
    id: String(i),
    kind: i < 20 ? ('ROLE' as const) : ('VALUE' as const),
  }))
  const to = many.slice(20).map((n, i) => ({ from: String(i % 20), to: n.id }))
  const began = performance.now()
  expect(placed(many, to, false).at.size).toBe(300)
  expect(performance.now() - began).toBeLessThan(10_000)
})
