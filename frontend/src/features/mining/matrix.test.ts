import { describe, expect, it } from 'vitest'
import { cellOf, moved, nextWrong } from './matrix'

const rows = [{ cells: '#.o' }, { cells: '##.' }, { cells: '.x#' }]

describe('a matrix', () => {
  it('says what a cell means', () => {
    expect(cellOf(rows, { row: 0, column: 0 })).toBe('explained')
    expect(cellOf(rows, { row: 0, column: 1 })).toBeNull()
    expect(cellOf(rows, { row: 0, column: 2 })).toBe('given')
    expect(cellOf(rows, { row: 2, column: 1 })).toBe('unexplained')
    expect(cellOf(rows, { row: 9, column: 9 })).toBeNull()
  })

  it('leads from one wrong cell to the next, around its end', () => {
    const x = { row: 2, column: 1 }
    const o = { row: 0, column: 2 }
    expect(nextWrong(rows, 3, null, 1)).toEqual(x)
    expect(nextWrong(rows, 3, x, 1)).toEqual(o)
    expect(nextWrong(rows, 3, o, 1)).toEqual(x)
    expect(nextWrong(rows, 3, null, -1)).toEqual(o)
    expect(nextWrong(rows, 3, o, -1)).toEqual(x)
    expect(nextWrong([{ cells: '##' }], 2, null, 1)).toBeNull()
    expect(nextWrong([], 2, null, 1)).toBeNull()
  })

  it.each([
    ['ArrowDown', { row: 2, column: 1 }],
    ['ArrowUp', { row: 0, column: 1 }],
    ['ArrowLeft', { row: 1, column: 0 }],
    ['ArrowRight', { row: 1, column: 2 }],
    ['Home', { row: 1, column: 0 }],
    ['End', { row: 1, column: 2 }],
    ['PageDown', { row: 2, column: 1 }],
    ['x', null],
  ])('%s stays within it', (key, want) => {
    expect(moved(key, { row: 1, column: 1 }, 3, 3, 10)).toEqual(want)
  })

  it('begins at its corner', () => {
    expect(moved('ArrowDown', null, 3, 3, 10)).toEqual({ row: 0, column: 0 })
    expect(moved('Home', null, 3, 3, 10)).toEqual({ row: 0, column: 0 })
  })
})
