import { describe, expect, it } from 'vitest'
import { couldMatch, countFilters, parseOrderSearch, toOrderFilter } from './orderSearch'

describe('parseOrderSearch', () => {
  it('keeps good values', () => {
    const search = {
      text: 'lang',
      states: ['ERRORED'],
      kinds: ['CREATE'],
      open: 'yes',
      sort: 'OWNER_ASC',
      noPostponed: true,
    }
    expect(parseOrderSearch(search)).toEqual(search)
  })

  it('lets bad values fall away', () => {
    expect(
      parseOrderSearch({
        text: '  ',
        states: ['NO_SUCH', 7],
        kinds: 'x',
        open: 'maybe',
        sort: 'SIDEWAYS',
        after: 'never',
        view: 1,
        extra: 'x',
      }),
    ).toEqual({})
  })

  it('keeps the good ones of several', () => {
    expect(parseOrderSearch({ states: ['PENDING', 'NO_SUCH', 'ERRORED'] })).toEqual({ states: ['PENDING', 'ERRORED'] })
  })

  it('takes a number as text: the router reads 123 as one', () => {
    expect(parseOrderSearch({ text: 123 })).toEqual({ text: '123' })
  })
})

describe('toOrderFilter', () => {
  it('says open as true or false, and nothing when it is not asked', () => {
    expect(toOrderFilter({ open: 'no' })).toEqual({ open: false })
    expect(toOrderFilter({})).toEqual({})
  })
})

describe('countFilters', () => {
  it('does not count how the list is shown', () => {
    expect(countFilters({ sort: 'OWNER_ASC', view: 'property', of: 'User' })).toBe(0)
    expect(countFilters({ text: 'a', kinds: ['CREATE'] })).toBe(2)
  })
})

describe('couldMatch', () => {
  const change = {
    to: 'ERRORED' as const,
    order: { kind: 'CREATE' as const, resourceType: { identifier: 'intranet' } },
  }
  it.each([
    [{}, true],
    [{ states: ['ERRORED' as const] }, true],
    [{ states: ['PENDING' as const] }, false],
    [{ kinds: ['DELETE' as const] }, false],
    [{ types: ['intranet'] }, true],
    [{ types: ['ldap'] }, false],
    [{ text: 'lang' }, false],
  ])('%o: %s', (search, expected) => {
    expect(couldMatch(search, change)).toBe(expected)
  })
})
