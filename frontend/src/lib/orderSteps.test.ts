import { describe, expect, it } from 'vitest'
import type { ProvisioningState } from '../graphql/types.generated'
import { orderSteps } from './orderSteps'

const base = {
  createdAt: '2026-03-01T09:00:00Z',
  now: Date.parse('2026-03-01T12:00:00Z'),
  isManual: false,
  isReviewed: false,
}
const words = (order: Partial<Parameters<typeof orderSteps>[0]> & { state: ProvisioningState }) =>
  orderSteps({ ...base, ...order }).map((s) => `${s.state}:${s.position}`)

describe('orderSteps', () => {
  it('shows the automated way without Transmitted', () => {
    expect(words({ state: 'PENDING' })).toEqual(['PENDING:current', 'EXECUTED:next', 'VERIFIED:next'])
  })

  it('shows review and ticket where there are any', () => {
    expect(words({ state: 'TRANSMITTED', isManual: true, isReviewed: true })).toEqual([
      'AWAITING_APPROVAL:done',
      'PENDING:done',
      'TRANSMITTED:current',
      'EXECUTED:next',
      'VERIFIED:next',
    ])
  })

  it('is all done once verified', () => {
    expect(words({ state: 'VERIFIED' })).toEqual(['PENDING:done', 'EXECUTED:done', 'VERIFIED:done'])
  })

  it('puts an error where the order left its way', () => {
    const history = [{ at: '2026-03-01T09:00:00Z', to: 'PENDING' as const }]
    expect(words({ state: 'ERRORED', history })).toEqual([
      'PENDING:done',
      'ERRORED:current',
      'EXECUTED:next',
      'VERIFIED:next',
    ])
  })

  it('ends with Inactive after a decline', () => {
    const history = [{ at: '2026-03-01T09:00:00Z', to: 'AWAITING_APPROVAL' as const }]
    expect(words({ state: 'INACTIVE', isReviewed: true, history })).toEqual([
      'AWAITING_APPROVAL:done',
      'INACTIVE:current',
    ])
  })

  it('tells how long each state took', () => {
    const history = [
      { at: '2026-03-01T09:00:00Z', to: 'AWAITING_APPROVAL' as const },
      { at: '2026-03-01T11:00:00Z', to: 'PENDING' as const },
    ]
    const steps = orderSteps({ ...base, state: 'PENDING', isReviewed: true, history })
    expect(steps[0]?.spentMs).toBe(2 * 3_600_000)
    expect(steps[1]).toMatchObject({ spentMs: 3_600_000, isMoving: true })
  })
})
