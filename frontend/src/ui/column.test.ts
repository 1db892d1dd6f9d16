import { describe, expect, it } from 'vitest'
import { exportCells, fitting, type Column } from './column'

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

describe('exportCells', () => {
  const columns: Column<{ id: string; name: string; key: string }>[] = [
    {
      id: 'name',
      header: 'Name',
      width: '1fr',
      cell: () => null,
      text: (r) => r.name,
      also: [{ header: 'Key', text: (r) => r.key }],
    },
    { id: 'look', header: 'Look', width: '1fr', cell: () => null },
  ]
  const read = (isVisible: boolean) =>
    exportCells(
      columns,
      () => isVisible,
      (r) => r.id,
    ).map((cell) => [cell.header, cell.text({ id: '7', name: 'Ann', key: 'E1' })])

  it('holds ids and keys beside what is shown', () =>
    expect(read(true)).toEqual([
      ['Id', '7'],
      ['Name', 'Ann'],
      ['Key', 'E1'],
    ]))

  it('holds them also when the column is not shown', () =>
    expect(read(false)).toEqual([
      ['Id', '7'],
      ['Key', 'E1'],
    ]))
})
