import { describe, expect, it } from 'vitest'
import {
  isSelected,
  moveActive,
  neighbour,
  noSelection,
  selectionCount,
  selectRange,
  toggle,
  toggleShown,
  wholeSelection,
} from './selection'

const shown = ['a', 'b', 'c', 'd']
const ids = (...list: string[]) => ({ all: false as const, ids: new Set(list) })

describe('selection', () => {
  it('toggles one row', () => {
    expect(toggle(noSelection, 'a', shown)).toEqual(ids('a'))
    expect(toggle(ids('a', 'b'), 'a', shown)).toEqual(ids('b'))
  })

  it('falls from the whole filter to the rows shown without the one taken out', () => {
    expect(toggle(wholeSelection, 'b', shown)).toEqual(ids('a', 'c', 'd'))
  })

  it('counts the whole filter by its total', () => {
    expect(selectionCount(wholeSelection, 312)).toBe(312)
    expect(selectionCount(ids('a', 'b'), 312)).toBe(2)
    expect(isSelected(wholeSelection, 'not loaded')).toBe(true)
  })

  it('selects a range in both directions', () => {
    expect(selectRange(noSelection, 'b', 'd', shown)).toEqual(ids('b', 'c', 'd'))
    expect(selectRange(noSelection, 'c', 'a', shown)).toEqual(ids('a', 'b', 'c'))
    expect(selectRange(noSelection, 'gone', 'b', shown)).toEqual(ids('b'))
  })

  it('takes all shown rows, then none', () => {
    expect(toggleShown(noSelection, shown)).toEqual(ids(...shown))
    expect(toggleShown(ids(...shown), shown)).toEqual(noSelection)
    expect(toggleShown(noSelection, [])).toEqual(ids())
  })
})

describe('moveActive', () => {
  it.each([
    [null, 1, 'a'],
    [null, -1, 'd'],
    ['a', 1, 'b'],
    ['d', 1, 'd'],
    ['a', -1, 'a'],
    ['gone', 1, 'a'],
  ])('from %s by %i is %s', (from, by, to) => {
    expect(moveActive(from, by, shown)).toBe(to)
  })

  it('has nowhere to go in an empty list', () => {
    expect(moveActive('a', 1, [])).toBeNull()
  })
})

describe('neighbour', () => {
  it('is the next row, at the end the one before, alone none', () => {
    expect(neighbour('b', shown)).toBe('c')
    expect(neighbour('d', shown)).toBe('c')
    expect(neighbour('a', ['a'])).toBeNull()
    expect(neighbour('gone', shown)).toBe('a')
  })
})
