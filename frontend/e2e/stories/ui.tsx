import { type Selection, noSelection, wholeSelection } from '../../src/lib/selection'
import { healthStates, jobStates, provisioningStates } from '../../src/lib/states'
import { Badge } from '../../src/ui/Badge'
import { ConfirmDialog } from '../../src/ui/ConfirmDialog'
import { EmptyNote } from '../../src/ui/EmptyNote'
import { LimitTable } from '../../src/ui/LimitTable'
import { ProblemNote } from '../../src/ui/ProblemNote'
import { Skeleton } from '../../src/ui/Skeleton'
import { StateBadge } from '../../src/ui/StateBadge'
import { Table } from '../../src/ui/Table'
import type { Column, List } from '../../src/ui/column'
import type { Story } from './Stage'
import { Button } from '@mantine/core'
import { failed, long, nothing } from './common'

interface Person {
  id: string
  name: string
  health: keyof typeof healthStates
  said: string
}

const people: Person[] = [
  { id: 'E10001', name: 'Viktor Moreau', health: 'OK', said: '' },
  { id: 'E10002', name: long, health: 'WARNING', said: '4 rows cannot be read and were set aside; see Rows to mend.' },
  { id: 'E10003', name: 'Anna Haas', health: 'ERROR', said: 'connection refused' },
]

const columns: Column<Person>[] = [
  { id: 'name', header: 'Name', width: 'minmax(180px, 2fr)', cell: (p) => <span className="cut">{p.name}</span> },
  { id: 'key', header: 'Key', width: '90px', lasting: true, cell: (p) => <span className="mono">{p.id}</span> },
  {
    id: 'health',
    header: 'Health',
    width: 'minmax(200px, 2fr)',
    cell: (p) => (
      <>
        <Badge {...healthStates[p.health]} />
        <span className="dim cut">{p.said}</span>
      </>
    ),
  },
]

function table(list: Partial<List<Person>>, selection?: Selection, filtered = false): Story {
  const rows = list.rows ?? people
  return {
    draw: () => (
      <Table
        label="People"
        name="stories"
        list={{
          rows,
          total: rows.length,
          loading: false,
          fetching: false,
          problem: null,
          hasMore: false,
          loadMore: nothing,
          refresh: nothing,
          ...list,
        }}
        columns={columns}
        getId={(p) => p.id}
        empty={{ title: 'Nobody here yet', hint: 'Run the job that reads the source.' }}
        onClear={filtered ? nothing : undefined}
        onOpen={nothing}
        selection={selection}
        onSelection={selection && nothing}
        wholeFilter
        bulk={<Button>Approve</Button>}
      />
    ),
  }
}

export const uiStories: Record<string, Story> = {
  'table, rows': table({}),
  'table, selected, about so many': table({ total: 120_000, isEstimate: true, hasMore: true }, wholeSelection),
  'table, nothing selected': table({}, noSelection),
  'table, loading': table({ rows: [], total: null, loading: true }),
  'table, empty': table({ rows: [] }),
  'table, nothing matches': table({ rows: [] }, undefined, true),
  'table, problem': table({
    rows: [],
    total: null,
    problem: { code: 'UNAVAILABLE', message: 'The directory is away.', id: 'f3a9' },
  }),
  states: {
    draw: () => (
      <ul className="plain">
        {(Object.keys(provisioningStates) as (keyof typeof provisioningStates)[]).map((state) => (
          <li key={state}>
            <StateBadge state={state} />
          </li>
        ))}
        {Object.entries({ ...jobStates, ...healthStates }).map(([state, look]) => (
          <li key={state}>
            <Badge {...look} />
          </li>
        ))}
      </ul>
    ),
  },
  'question with a reason': {
    draw: () => (
      <ConfirmDialog
        title={`Decline to create Intranet administrator for ${long}, E10385?`}
        text="Nothing will be written."
        action="Decline"
        danger
        reason={{ label: 'Why?', required: true }}
        onConfirm={nothing}
        onClose={nothing}
      />
    ),
  },
  'question with a word to type': {
    draw: () => (
      <ConfirmDialog
        title="Delete Petra Lang?"
        text="Accounts are removed."
        action="Delete"
        typed={{ label: 'Type E1 to confirm', word: 'E1' }}
        onConfirm={nothing}
        onClose={nothing}
      />
    ),
  },
  limits: {
    draw: () => (
      <LimitTable
        limits={[{ name: 'Human resources: gone', counted: '400', limit: '5 % of 1 107', resourceType: '' }]}
      />
    ),
  },
  'nothing there': { draw: () => <EmptyNote title="No things" hint="Make one." action={<Button>Make one</Button>} /> },
  'error note': {
    draw: () => <ProblemNote problem={{ code: 'CONFLICT', message: failed.message, id: 'f3a9' }} onRetry={nothing} />,
  },
  'error note of several mistakes': {
    draw: () => (
      <ProblemNote
        problem={{
          code: 'VALIDATION',
          message:
            'There is no category "Nope". Define it in the same configuration or correct the name. (roles.yaml:4)',
          others: [{ message: long }, { message: 'approvalWorkflowType is between 0 and 3, not 9. (roles.yaml:9)' }],
        }}
      />
    ),
  },
  loading: { draw: () => <Skeleton lines={8} /> },
}
