import { expect, test } from 'vitest'
import { redundant } from '../../test/factories'
import { periodWords, remainingWords, whyWords } from './columns'

test('says when rules give it, which, and what stays approved', () => {
  expect(whyWords(redundant())).toBe('Given to whoever holds Engineering. Mar 1, 2026 – Sep 30, 2026')
  expect(remainingWords(redundant())).toBe('Jan 1, 2026 – Feb 28, 2026; Oct 1, 2026 – Dec 31, 2026')
  expect(remainingWords(redundant({ remaining: [] }))).toBe('nothing')
  expect(periodWords({ start: null, end: null })).toBe('always')
})
