import { describe, expect, it } from 'vitest'
import { blockedLimits, blockedMessage } from './blockedLimits'
import shapes from './blockedShapes.json'

// Written by the server's own test: every shape that it can send.
describe('blockedLimits', () => {
  it.each(['delivery', 'synchronizeTask', 'generateTask', 'heldOrders'] as const)(
    'makes a line for every limit of %s, in words',
    (shape) => {
      const said = shapes[shape]
      const sent = Array.isArray(said) ? said : said.exceeded
      const lines = blockedLimits(said)
      expect(lines).toHaveLength(sent.length)
      for (const line of lines) {
        expect(line.name).toMatch(/^[A-Z][\w ]+: [a-z ]+$/)
        expect(line.name).not.toMatch(/_|[a-z][A-Z]/)
        expect(line.counted).toBe('120')
        expect(line.limit).toMatch(/^(100|10 % of 446)$/)
      }
    },
  )

  it('names the resource types whose orders wait', () => {
    expect(new Set(blockedLimits(shapes.generateTask).map((line) => line.resourceType))).toEqual(
      new Set(['Intranet_User']),
    )
  })

  it('leaves a sentence for what no table can show', () => {
    expect(blockedLimits(shapes.taskWithoutLimits)).toEqual([])
    expect(blockedMessage(shapes.taskWithoutLimits)).toBe('Somebody has to look.')
    expect(blockedLimits(null)).toEqual([])
    expect(blockedMessage(null)).toBe('')
  })
})
