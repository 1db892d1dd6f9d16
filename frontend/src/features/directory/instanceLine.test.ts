import { describe, expect, it } from 'vitest'
import { instances, type SectionContext } from './instanceLine'

const position = (key: string, isGap = false) => ({
  section: 'Position',
  displayName: 'Position',
  key,
  record: null,
  isGap,
})
const context = (
  rank: number,
  startDate: string | null,
  endDate: string | null,
  key: string,
  isGap = false,
): SectionContext => ({
  rank,
  startDate,
  endDate,
  sections: [position(key, isGap)],
})

describe('instances', () => {
  it('tells when each position counts and when it is the main one', () => {
    const list = instances([context(1, '2026-01-01', '2026-09-01', '1'), context(0, '2026-05-01', '2026-07-01', '2')])
    expect(list).toMatchObject([
      {
        label: '1',
        periods: [{ from: '2026-01-01', to: '2026-09-01' }],
        main: [
          { from: '2026-01-01', to: '2026-05-01' },
          { from: '2026-07-01', to: '2026-09-01' },
        ],
      },
      { label: '2', main: [{ from: '2026-05-01', to: '2026-07-01' }] },
    ])
  })

  it('joins what goes on, and keeps gaps apart', () => {
    const list = instances([
      context(0, '2026-01-01', '2026-02-01', '1'),
      context(0, '2026-02-01', '2026-03-01', '1'),
      context(0, '2026-03-01', null, '1', true),
    ])
    expect(list).toMatchObject([
      { label: '1', isGap: false, periods: [{ from: '2026-01-01', to: '2026-03-01' }] },
      { label: '1', isGap: true, periods: [{ from: '2026-03-01', to: null }] },
    ])
  })

  it('covers nothing twice when all are open', () => {
    const list = instances([context(0, null, null, '1'), context(1, null, null, '2')])
    expect(list.map((x) => x.main.length)).toEqual([1, 0])
  })
})
