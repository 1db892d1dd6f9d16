import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { heardFromServer, serverNow, setServerTime } from './serverClock'

describe('serverClock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T09:00:00Z') })
  })
  afterEach(() => {
    setServerTime(new Date().toISOString())
    vi.useRealTimers()
  })

  it('goes by the server where the browser is wrong', () => {
    setServerTime('2026-03-01T09:05:00Z')
    vi.advanceTimersByTime(60_000)
    expect(new Date(serverNow()).toISOString()).toBe('2026-03-01T09:06:00.000Z')
  })

  it('is never behind what the server said has happened', () => {
    setServerTime('2026-03-01T09:00:00Z')
    heardFromServer('2026-03-01T10:00:00Z')
    heardFromServer('2026-03-01T09:30:00Z')
    expect(new Date(serverNow()).toISOString()).toBe('2026-03-01T10:00:00.000Z')
  })
})
