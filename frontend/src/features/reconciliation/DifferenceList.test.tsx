import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { difference, me, unauthorized } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { DifferenceList } from './DifferenceList'
import type { DifferenceRowFragment } from './DifferenceList.generated'
import type { DifferenceSearch } from './reconcileSearch'

function setup(
  rows: DifferenceRowFragment[],
  options: { search?: DifferenceSearch; total?: number; who?: ReturnType<typeof me> } = {},
) {
  const world = { rows, total: options.total ?? rows.length }
  const whole = () => ({ totalCount: world.total, totalCountIsEstimate: false })
  const { client, sent } = fakeClient({
    DifferenceList: () => ({
      reconciliationItems: { nodes: rows, ...whole(), pageInfo: { hasNextPage: false, endCursor: null } },
    }),
    DifferencesNow: () => ({ known: { nodes: world.rows }, whole: whole() }),
    DecideReconciliation: ({ input }: { input: { items?: { id: string }[] } }) => ({
      decideReconciliation: {
        results: (input.items ?? []).map(({ id }) => ({ id, item: null, error: null })),
        bulkChangeId: input.items ? null : '7',
      },
    }),
  })
  const live = new ToldLive()
  renderAt({
    at: '/reconcile/resources',
    base: '/reconcile/resources',
    who: options.who ?? me(),
    parent: () => (
      <LiveContext value={live}>
        <DifferenceList
          search={{ view: 'rows', ...options.search }}
          onChange={() => {}}
          onClear={() => {}}
          filters={() => null}
        />
      </LiveContext>
    ),
    path: '$itemId',
    child: () => null,
    client,
  })
  return { sent, live, world, user: userEvent.setup() }
}

const inputs = (sent: { variables: Record<string, unknown> }[]) => sent.map((s) => s.variables.input)

test('what is chosen is named one by one, with the versions seen', async () => {
  const rows = [difference(), difference({ kind: 'MISSING', current: '' })]
  const { sent, user } = setup(rows)
  await user.click(await screen.findByRole('checkbox', { name: /all/i }))
  await user.click(screen.getByRole('button', { name: 'Keep current values…' }))
  const question = await screen.findByRole('dialog', { name: 'Keep 2 current values?' })
  expect(within(question).getByText(/Site of Petra Lang, E1; Site of Petra Lang, E1/)).toBeInTheDocument()
  await user.type(within(question).getByRole('textbox'), 'since')
  await user.click(within(question).getByRole('button', { name: 'Keep current values' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(inputs(sent)).toEqual([
    {
      items: rows.map(({ id }) => ({ id, version: 1 })),
      decision: 'KEEP_CURRENT',
      comment: 'since',
      ownerId: undefined,
    },
  ])
})

test('all of a filter is the server’s work, and asks for the number', async () => {
  const { sent, user } = setup([difference(), difference()], {
    search: { kind: 'UNRECONCILED', property: 'site' },
    total: 4812,
  })
  await user.click(await screen.findByRole('checkbox', { name: /all/i }))
  await user.click(screen.getByRole('button', { name: /Select all 4.812/ }))
  await user.click(screen.getByRole('button', { name: 'Use proposed values…' }))
  const question = await screen.findByRole('dialog')
  const yes = within(question).getByRole('button', { name: 'Use proposed values' })
  expect(yes).toBeDisabled()
  await user.type(within(question).getByLabelText(/Type the number/), '4812')
  await user.click(yes)
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(inputs(sent)).toEqual([
    { filter: { kinds: ['UNRECONCILED'], properties: ['site'] }, decision: 'USE_PROPOSED', comment: undefined },
  ])
  expect(await screen.findByText(/You can leave this page/)).toBeInTheDocument()
})

test('a mixed selection offers only what fits everything', async () => {
  const { user } = setup([difference(), unauthorized()])
  await user.click(await screen.findByRole('checkbox', { name: /all/i }))
  expect(screen.getByRole('button', { name: 'Postpone…' })).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: 'Delete accounts…' })).not.toBeInTheDocument()
  expect(screen.getByText(/Choose rows of one kind/)).toBeInTheDocument()
})

test('who may not decide about many cannot choose any', async () => {
  setup([difference()], { who: me({ scopes: { ...me().scopes, massReconciliateResources: [] } }) })
  await screen.findByText('Petra Lang')
  expect(screen.queryByRole('checkbox')).not.toBeInTheDocument()
})

test('new differences are announced, and wait until they are asked for', async () => {
  const one = difference()
  const { live, world } = setup([one])
  await screen.findByText('Petra Lang')
  world.total = 4
  live.tellReconciliation()
  expect(await screen.findByText('3 new', {}, { timeout: 3_000 })).toBeInTheDocument()
})
