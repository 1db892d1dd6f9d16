import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { departureRow, me } from '../../test/factories'
import { fakeClient, renderAt } from '../../test/render'
import { OutlookView } from './OutlookView'
import { ProofView } from './ProofView'

const outlook = {
  personId: '7',
  person: 'Anna Haas',
  accounts: 1,
  needsSecondPerson: false,
  askedBy: null,
  canDepart: true,
  obstacle: null,
  rows: [departureRow({ outcome: 'OPEN' })],
}

const proof = {
  personId: '7',
  person: 'Anna Haas',
  state: 'DEPARTED' as const,
  at: '2026-03-10T08:00:00Z',
  actor: 'boss',
  askedBy: null,
  reason: 'sold lists',
  complete: false,
  completedAt: null,
  digest: '',
  fromPosition: '0',
  toPosition: '0',
  rows: [departureRow(), departureRow({ outcome: 'SENT', isManual: true }), departureRow({ outcome: 'TO_LOOK_AT' })],
}

function setup(draw: () => React.JSX.Element) {
  const { client, sent } = fakeClient({
    DepartNow: () => ({ departNow: { personId: '7', needsSecondPerson: false } }),
    UndoDeparture: () => ({ undoDeparture: { personId: '7' } }),
  })
  renderAt({ at: '/person/7', who: me(), parent: draw, path: '$x', child: () => null, client })
  return { sent, user: userEvent.setup() }
}

test('nobody leaves before the name is typed and a reason given, and the number that was shown is confirmed', async () => {
  const done = vi.fn()
  const { sent, user } = setup(() => <OutlookView outlook={outlook} onDone={done} />)
  await user.click(await screen.findByRole('button', { name: 'Departure at once…' }))
  const go = await screen.findByRole('button', { name: 'Departure' })
  await user.type(screen.getByLabelText(/^Why/), 'sold lists')
  expect(go).toBeDisabled()
  await user.type(screen.getByLabelText(/^Type/), 'Anna Haas')
  await user.click(go)
  expect(sent.at(-1)?.variables).toEqual({ input: { personId: '7', reason: 'sold lists', confirmAccounts: 1 } })
  expect(done).toHaveBeenCalled()
})

test('what stands in the way is said, and the button waits', async () => {
  setup(() => (
    <OutlookView
      outlook={{ ...outlook, canDepart: false, obstacle: 'You cannot make yourself leave.' }}
      onDone={vi.fn()}
    />
  ))
  await screen.findByText('You cannot make yourself leave.')
  expect(screen.getByRole('button', { name: 'Departure at once…' })).toBeDisabled()
})

test('what only may be theirs does not count, and is said', async () => {
  setup(() => <ProofView proof={proof} onDone={vi.fn()} />)
  await screen.findByText('1 of 2 verified')
  screen.getByText(/1 account may be theirs/)
  screen.getByText(/Ticket/)
})
