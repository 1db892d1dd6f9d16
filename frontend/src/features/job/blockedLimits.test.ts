import { describe, expect, it } from 'vitest'
import { blockedLimits } from './blockedLimits'

describe('blockedLimits', () => {
  it('reads the lines of a synchronization', () => {
    expect(
      blockedLimits([
        { entityType: 'Account', counter: 'linksDeleted', value: 25, limit: 10, percent: true, stored: 120 },
      ]),
    ).toEqual([{ name: 'Account · Links deleted', counted: '25', limit: '10 % of 120' }])
  })

  it('reads a single one', () => {
    expect(blockedLimits({ counter: 'deleted', limit: 20, value: 25 })).toEqual([
      { name: 'Deleted', counted: '25', limit: '20' },
    ])
  })

  it('leaves other documents to be shown as they are', () => {
    expect(blockedLimits({ message: '25 rows would go, 20 may.' })).toEqual([])
    expect(blockedLimits(null)).toEqual([])
  })
})
