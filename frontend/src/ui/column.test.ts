import { describe, expect, it } from 'vitest'
import { fitting, type Column } from './column'

const column = (id: string, width: string, lasting = false): Column<object> => ({
  id,
  header: id,
  width,
  cell: () => null,
  lasting,
})
const ids = (columns: Column<object>[]) => columns.map((c) => c.id).join(' ')

const columns = [
  column('owner', 'minmax(180px, 2fr)'),
  column('type', '120px'),
  column('target', 'minmax(100px, 1fr)'),
  column('state', '150px', true),
  column('waiting', '80px'),
]

describe('fitting', () => {
  it.each([
    [678, 'owner type target state waiting'],
    [677, 'owner type target state'],
    [585, 'owner type state'],
    [400, 'owner state'],
    [10, 'owner state'],
  ])('keeps in %i px: %s', (pixels, kept) => {
    expect(ids(fitting(columns, pixels))).toBe(kept)
  })
})
