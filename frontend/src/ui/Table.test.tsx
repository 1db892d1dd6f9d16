import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { noSelection, type Selection } from '../lib/selection'
import { Surroundings } from '../test/render'
import type { Column } from './column'
import { Table } from './Table'

interface Row {
  id: string
  name: string
}

const columns: Column<Row>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '1fr',
    cell: (r) => r.name,
    text: (r) => r.name,
    sort: { up: 'UP', down: 'DOWN' },
  },
]
const getId = (row: Row) => row.id

function setup(
  options: { count?: number; total?: number; isEstimate?: boolean; problem?: { code: string; message: string } } = {},
) {
  const rows = Array.from({ length: options.count ?? 5 }, (_, i) => ({ id: `r${i}`, name: `Row ${i}` }))
  const seen = {
    opened: vi.fn(),
    selection: noSelection as Selection,
    sorted: vi.fn(),
    refreshed: vi.fn(),
    more: vi.fn(),
  }
  function Page() {
    const [selection, setSelection] = useState<Selection>(noSelection)
    seen.selection = selection
    return (
      <Table
        label="Things"
        name="test"
        list={{
          rows: options.problem ? [] : rows,
          total: options.total ?? rows.length,
          isEstimate: options.isEstimate,
          loading: false,
          fetching: false,
          problem: options.problem ?? null,
          hasMore: (options.total ?? 0) > rows.length,
          loadMore: seen.more,
          refresh: seen.refreshed,
        }}
        columns={columns}
        getId={getId}
        empty={{ title: 'No things', hint: 'Make one.' }}
        onOpen={seen.opened}
        selection={selection}
        onSelection={setSelection}
        wholeFilter
        sort="UP"
        onSort={seen.sorted}
        bulk={<button>Act</button>}
      />
    )
  }
  render(
    <Surroundings>
      <Page />
    </Surroundings>,
  )
  return { ...seen, seen, user: userEvent.setup() }
}

describe('Table', () => {
  it('moves with j and k, opens with Enter, selects with x', async () => {
    const { opened, seen, user } = setup()
    await user.keyboard('jjk{Enter}')
    expect(opened).toHaveBeenLastCalledWith({ id: 'r0', name: 'Row 0' })
    await user.keyboard('jx')
    expect(seen.selection).toEqual({ all: false, ids: new Set(['r1']) })
  })

  it('shows bulk actions only with a selection', async () => {
    const { user } = setup()
    expect(screen.queryByRole('toolbar')).not.toBeInTheDocument()
    const [first] = await screen.findAllByRole('checkbox', { name: 'Select row' })
    await user.click(first as HTMLElement)
    const bar = screen.getByRole('toolbar', { name: '1 selected' })
    expect(within(bar).getByRole('button', { name: 'Act' })).toBeInTheDocument()
  })

  it('goes from all shown rows to all of the filter', async () => {
    const { seen, user } = setup({ count: 3, total: 312 })
    await user.click(screen.getByRole('checkbox', { name: 'Select all shown rows' }))
    expect(seen.selection).toEqual({ all: false, ids: new Set(['r0', 'r1', 'r2']) })
    await user.click(screen.getByRole('button', { name: 'Select all 312 of this filter' }))
    expect(seen.selection).toEqual({ all: true })
    expect(screen.getByText('All 312 of this filter selected')).toBeInTheDocument()
  })

  it('says that a total is an estimate wherever it is told', async () => {
    const { user } = setup({ count: 3, total: 120_000, isEstimate: true })
    expect(screen.getByText(/^about 120\s000 rows$/)).toBeInTheDocument()
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '-1')
    await user.click(screen.getByRole('checkbox', { name: 'Select all shown rows' }))
    await user.click(screen.getByRole('button', { name: /^Select all of this filter, about 120\s000$/ }))
    expect(screen.getByText(/^All of this filter selected, about 120\s000$/)).toBeInTheDocument()
  })

  it('sorts by the header and says so', async () => {
    const { sorted, user } = setup()
    expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending')
    await user.click(screen.getByRole('button', { name: 'Name' }))
    expect(sorted).toHaveBeenCalledWith('DOWN')
  })

  it('asks for more before the end is reached', () => {
    const { more } = setup({ count: 5, total: 50 })
    expect(more).toHaveBeenCalled()
  })

  it('draws only what fits of ten thousand rows', async () => {
    setup({ count: 10_000 })
    expect(await screen.findByText('Row 0')).toBeInTheDocument()
    expect(screen.getAllByRole('row').length).toBeLessThan(60)
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '10001')
  })

  it('says what fills it when it is empty', () => {
    setup({ count: 0 })
    expect(screen.getByText('No things')).toBeInTheDocument()
    expect(screen.getByText('Make one.')).toBeInTheDocument()
  })

  it('shows a problem with a way out', async () => {
    const { refreshed, user } = setup({ problem: { code: 'UNAVAILABLE', message: 'The directory is away.' } })
    expect(screen.getByRole('alert')).toHaveTextContent('The directory is away.')
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(refreshed).toHaveBeenCalled()
  })
})
