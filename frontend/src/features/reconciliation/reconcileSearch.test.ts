import { expect, test } from 'vitest'
import {
  countFilters,
  itemVariables,
  orphanVariables,
  parseDifferenceSearch,
  parseOrphanSearch,
  showsRows,
} from './reconcileSearch'

test('bad values fall away, good ones stay', () => {
  expect(
    parseDifferenceSearch({
      view: 'x',
      kind: 'ORPHAN',
      states: 'PRE_EXISTING,NEW',
      systems: ['HR', ''],
      postponed: 'no',
    }),
  ).toEqual({ states: ['PRE_EXISTING'], systems: ['HR'] })
  expect(parseOrphanSearch({ reasons: ['LEAVER', 'x'], postponed: 'perhaps', text: ' anna ' })).toEqual({
    reasons: ['LEAVER'],
    text: 'anna',
  })
})

test('accounts without an owner are on their own page, so they are not among the differences', () => {
  expect(itemVariables({}).filter.kinds).toEqual(['UNAUTHORIZED', 'UNRECONCILED', 'MISSING'])
  expect(itemVariables({ kind: 'MISSING', property: 'Site' }).filter).toEqual({
    kinds: ['MISSING'],
    properties: ['Site'],
  })
})

test('not postponed is another filter than all', () => {
  expect(orphanVariables({ postponed: 'no' }).filter).toEqual({ postponed: false })
  expect(orphanVariables({}).filter).toEqual({})
})

test('a pattern shows its rows, and counts as a filter', () => {
  expect(showsRows({ pattern: 'p' })).toBe(true)
  expect(showsRows({})).toBe(false)
  expect(countFilters({ pattern: 'p', kind: 'MISSING', view: 'rows', sort: 'NEWEST' })).toBe(1)
})
