import { describe, expect, it } from 'vitest'
import { scheduleWords } from './schedule'

describe('scheduleWords', () => {
  it.each([
    ['0 2 * * *', 'UTC', 'At 02:00, UTC'],
    ['0 6-20/2 * * *', '', 'On the hour, every 2 hours, between 06:00 and 20:00'],
    ['30 7 * * 1-5', 'Europe/Berlin', 'At 07:30, Monday through Friday, Europe/Berlin'],
    ['never', 'UTC', 'never'],
  ])('%s in %s', (cron, zone, words) => expect(scheduleWords(cron, zone)).toBe(words))
})
