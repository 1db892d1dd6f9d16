import { afterEach, expect, it } from 'vitest'
import { addDays, dayOf, endOfDay, setTimeZone, startOfDay } from './day'
import { formatLastDay, formatPeriod, formatStamp, parseStamp } from './format'

afterEach(() => setTimeZone('UTC'))

it.each([
  ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z', 24],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
  ['America/New_York', '2026-06-01', '2026-06-01T04:00:00.000Z', 24],
  ['Pacific/Auckland', '2026-06-01', '2026-05-31T12:00:00.000Z', 24],
])('in %s the day %s begins at %s and has %i hours', (zone, day, start, hours) => {
  setTimeZone(zone)
  expect(startOfDay(day).toISOString()).toBe(start)
  expect((endOfDay(day).getTime() - startOfDay(day).getTime()) / 3_600_000).toBe(hours)
  expect(dayOf(startOfDay(day))).toBe(day)
  expect(dayOf(new Date(endOfDay(day).getTime() - 1))).toBe(day)
  expect(dayOf(endOfDay(day))).toBe(addDays(day, 1))
})

it('shows an end at midnight as the last day, and a day as it is', () => {
  setTimeZone('Europe/Berlin')
  expect(formatLastDay('2026-01-31T23:00:00Z')).toMatch(/31/)
  expect(formatLastDay('2026-01-31T12:00:00Z')).toMatch(/31/)
  expect(formatPeriod('2025-12-31T23:00:00Z', '2026-01-31T23:00:00Z')).toMatch(/1.*2026 – .*31.*2026/)
  expect(formatPeriod(null, null)).toBe('')
  expect(formatStamp('20260131')).toMatch(/31/)
  expect(formatStamp('20260131')).not.toContain(':')
  expect(parseStamp('20260131')?.toISOString()).toBe('2026-01-30T23:00:00.000Z')
})
