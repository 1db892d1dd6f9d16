import { describe, expect, it } from 'vitest'
import { can, canUnder } from './permit'

describe('can', () => {
  it.each([
    [['/Jobs'], '/Jobs/Job/Query', true],
    [['/Jobs/Job/Query'], '/Jobs/Job/Query', true],
    [['/Jobs/Job'], '/Jobs/JobInstance/Query', false],
    [['/Jobs/Job/Query'], '/Jobs', false],
    [['/'], '/Jobs/Job/Query', true],
    [[], '/Jobs', false],
  ])('%j grants %s: %s', (granted, path, expected) => {
    expect(can(granted, path)).toBe(expected)
  })
})

describe('canUnder', () => {
  it('is content with something below', () => {
    expect(canUnder(['/Jobs/Job/Query'], '/Jobs')).toBe(true)
    expect(canUnder(['/Jobsite'], '/Jobs')).toBe(false)
  })
})
