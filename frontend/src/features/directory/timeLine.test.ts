import { describe, expect, it } from 'vitest'
import { timeLine } from './timeLine'
import { versionChanges } from './versionChanges'

const now = Date.parse('2026-03-01T00:00:00Z')
const site = (displayName: string) => ({ dimension: 'Site', value: { displayName } })

describe('timeLine', () => {
  it('joins touching spans of the same value', () => {
    const line = timeLine(
      [
        { startDate: '2026-01-01T00:00:00Z', endDate: '2026-02-01T00:00:00Z', dimensions: [site('Basel')] },
        { startDate: '2026-02-01T00:00:00Z', endDate: '2026-03-01T00:00:00Z', dimensions: [site('Basel')] },
      ],
      now,
    )
    expect(line.lanes).toHaveLength(1)
    expect(line.lanes[0]?.spans).toMatchObject([{ label: 'Basel', left: 0, width: 100 }])
  })

  it('shows values at the same time one below the other', () => {
    const line = timeLine(
      [
        { startDate: '2026-01-01T00:00:00Z', endDate: '2026-03-01T00:00:00Z', dimensions: [site('Basel')] },
        { startDate: '2026-02-01T00:00:00Z', endDate: '2026-03-01T00:00:00Z', dimensions: [site('Bern')] },
      ],
      now,
    )
    expect(line.lanes.map((l) => [l.row, l.spans.map((s) => s.label)])).toEqual([
      [0, ['Basel']],
      [1, ['Bern']],
    ])
  })

  it('leaves the end open where a context is', () => {
    const line = timeLine([{ startDate: '2026-02-01T00:00:00Z', endDate: null, dimensions: [site('Basel')] }], now)
    expect(line.to).toBeNull()
    expect(line.now).toBeLessThan(100)
  })
})

describe('versionChanges', () => {
  const value = (property: string, text: string) => ({ property, displayName: property, value: text })
  it('shows what came, went and changed', () => {
    expect(versionChanges([value('a', '1'), value('b', '2')], [value('a', '3'), value('c', '4')])).toMatchObject([
      { property: 'a', before: '1', after: '3' },
      { property: 'c', before: null, after: '4' },
      { property: 'b', before: '2', after: null },
    ])
  })
})
