import { describe, expect, it } from 'vitest'
import type { LimitFieldsFragment } from '../graphql/limit.generated'
import { blockedLimits } from './blockedLimits'
import shapes from './blockedShapes.json'

// Written by the server's own test: whatever it can say of a block.
describe('blockedLimits', () => {
  it.each(['delivery', 'synchronizeTask', 'generateTask', 'heldOrders'] as const)(
    'makes a line for every limit of %s, in words',
    (shape) => {
      const sent = shapes[shape] as LimitFieldsFragment[]
      expect(sent.length).toBeGreaterThan(0)
      for (const line of blockedLimits(sent)) {
        expect(line.name).toMatch(/^[A-Z][\w ]+: [a-z ]+$/)
        expect(line.name).not.toMatch(/_|[a-z][A-Z]/)
        expect(line.counted).toBe('120')
        expect(line.limit).toMatch(/^(100|10 % of 446)$/)
      }
    },
  )

  it('names the resource types whose orders wait', () => {
    expect(
      new Set(blockedLimits(shapes.generateTask as LimitFieldsFragment[]).map((line) => line.resourceType)),
    ).toEqual(new Set(['Intranet_User']))
  })
})
