import { Outlet } from '@tanstack/react-router'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { readDraft } from '../../lib/storage'
import { difference, me, unauthorized } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { QueueContext } from '../../ui/queue'
import { DifferenceDrawer } from './DifferenceDrawer'
import type { DifferenceDetailFragment } from './DifferenceDrawer.generated'

function setup(
  items: DifferenceDetailFragment[],
  refuse?: { code: string; message: string },
  permissions: string[] = [],
) {
  const { client, sent } = fakeClient({
    DifferenceDetail: ({ id }: { id: string }) => ({ reconciliationItem: items.find((i) => i.id === id) ?? null }),
    OtherDifferences: () => ({ reconciliationItems: { nodes: [], totalCount: 0 } }),
    DecideReconciliation: ({ input }: { input: { items: { id: string }[] } }) => ({
      decideReconciliation: {
        results: input.items.map(({ id }) => ({ id, item: null, error: refuse ?? null })),
        run: null,
      },
    }),
  })
  const onDecided = vi.fn()
  const live = new ToldLive()
  const router = renderAt({
    at: `/reconcile/resources/${items[0]?.id ?? ''}`,
    base: '/reconcile/resources',
    who: me({ permissions }),
    parent: () => (
      <LiveContext value={live}>
        <QueueContext value={{ ids: items.map((i) => i.id), onDecided }}>
          <Outlet />
        </QueueContext>
      </LiveContext>
    ),
    path: '$itemId',
    child: DifferenceDrawer,
    client,
  })
  return { router, sent, onDecided, live, items, user: userEvent.setup() }
}

const inputs = (sent: { variables: Record<string, unknown> }[]) => sent.map((s) => s.variables.input)

test('a asks, then uses the proposed value with the version seen, and opens the next', async () => {
  const [one, two] = [difference(), difference({ owner: null })]
  const { router, sent, onDecided, user } = setup([one, two])
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  await user.keyboard('a')
  await screen.findByRole('dialog', { name: 'Use the proposed value for Site of Petra Lang, E1?' })
  expect(sent).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Use proposed value' }))
  await waitFor(() => expect(router.state.location.pathname).toBe(`/reconcile/resources/${two.id}`))
  expect(inputs(sent)).toEqual([
    { items: [{ id: one.id, version: 1 }], decision: 'USE_PROPOSED', comment: undefined, ownerId: undefined },
  ])
  expect(onDecided).toHaveBeenCalledWith(one.id)
})

test('keeping asks for a reason, which is kept when the question is closed', async () => {
  const one = difference()
  const { sent, user } = setup([one])
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  await user.keyboard('d')
  const question = await screen.findByRole('dialog', { name: /^Keep the current value/ })
  const keep = within(question).getByRole('button', { name: 'Keep current value' })
  expect(keep).toBeDisabled()
  await user.type(within(question).getByRole('textbox'), 'moves back')
  await user.click(within(question).getByRole('button', { name: 'Cancel' }))
  expect(await screen.findByRole('textbox', { name: 'Comment' })).toHaveValue('moves back')
  await user.click(screen.getByRole('button', { name: /^Keep current value/ }))
  await user.click(
    within(await screen.findByRole('dialog', { name: /^Keep/ })).getByRole('button', { name: 'Keep current value' }),
  )
  await waitFor(() => expect(inputs(sent)).toMatchObject([{ decision: 'KEEP_CURRENT', comment: 'moves back' }]))
})

test('deleting an account asks for its login', async () => {
  const { sent, user } = setup([unauthorized()])
  await screen.findByRole('dialog', { name: 'Intranet account · Petra Lang' })
  await user.keyboard('d')
  const question = await screen.findByRole('dialog', {
    name: 'Delete Intranet account plang in Intranet of Petra Lang, E1?',
  })
  const yes = within(question).getByRole('button', { name: 'Delete account' })
  expect(yes).toBeDisabled()
  await user.type(within(question).getByLabelText('Type plang to confirm'), 'plang')
  await user.click(yes)
  await waitFor(() => expect(inputs(sent)).toMatchObject([{ decision: 'DELETE_ACCOUNT' }]))
})

test('postponing needs no question, and can be taken back', async () => {
  const one = difference()
  const { sent, user } = setup([one])
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  await user.keyboard('p')
  await user.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(inputs(sent)).toMatchObject([
    { decision: 'POSTPONE', items: [{ id: one.id, version: 1 }] },
    { decision: 'TAKE_UP_AGAIN', items: [{ id: one.id, version: undefined }] },
  ])
})

test('follows when somebody else decides: says who, offers nothing, keeps the text', async () => {
  const one = difference()
  const { live, items, user } = setup([one])
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'wait')
  items[0] = {
    ...one,
    version: 2,
    decision: 'KEEP_CURRENT',
    decidedBy: 'ben',
    decidedByName: 'Ben Ray',
    closedAt: '2026-03-01T10:00:00Z',
    decisions: [],
  }
  live.tellReconciliation()
  expect(await screen.findByText(/Current value kept by Ben Ray/)).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: /Use proposed value/ })).not.toBeInTheDocument()
  expect(screen.getByText(/You had written: wait/)).toBeInTheDocument()
  expect(readDraft(`difference.${one.id}`)).toBe('wait')
})

test('stays and says why when the server refuses', async () => {
  const [one, two] = [difference(), difference()]
  const { router, onDecided, user } = setup([one, two], {
    code: 'STALE_ITEM',
    message: 'This changed since you looked at it.',
  })
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  await user.keyboard('a')
  await user.click(await screen.findByRole('button', { name: 'Use proposed value' }))
  expect(await screen.findByText('This changed since you looked at it.')).toBeInTheDocument()
  expect(router.state.location.pathname).toBe(`/reconcile/resources/${one.id}`)
  expect(onDecided).not.toHaveBeenCalled()
})

test('nobody decides about himself, and what went by itself says so', async () => {
  const { user, sent } = setup([difference({ isOwn: true })])
  expect(await screen.findByText(/This is about you/)).toBeInTheDocument()
  await user.keyboard('a')
  expect(sent).toEqual([])
})

test('an account, or what it points to, leads to a rule that would give it, in its resource type', async () => {
  const groups = difference({
    isForRules: true,
    property: 'Groups',
    propertyName: 'Groups',
    current: 'News',
    proposed: '',
  })
  setup([groups], undefined, ['/ProvisioningPolicy'])
  const link = await screen.findByRole('link', { name: 'Make a rule' })
  expect(link).toHaveAttribute(
    'href',
    `/model/rules/resourceType/intranet?list=navigationRules&found=${encodeURIComponent(`"${groups.id}"`)}`,
  )
})

test('what no rule could give leads to none', async () => {
  setup([difference()], undefined, ['/ProvisioningPolicy'])
  await screen.findByRole('dialog', { name: 'Site · Petra Lang' })
  expect(screen.queryByRole('link', { name: 'Make a rule' })).toBeNull()
})
