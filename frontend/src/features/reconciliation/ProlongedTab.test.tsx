import { Outlet } from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { me, prolongedRole } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { QueueContext } from '../../ui/queue'
import { ProlongedDrawer } from './ProlongedDrawer'
import type { ProlongedRowFragment } from './ProlongedTab.generated'

function setup(items: ProlongedRowFragment[], error: { code: string; message: string } | null = null) {
  const { client, sent } = fakeClient({
    ProlongedDetail: ({ id }: { id: string }) => ({ prolongedRole: items.find((i) => i.id === id) ?? null }),
    DecideProlonged: ({ input }: { input: { items: { id: string }[] } }) => ({
      decideProlongedRoles: { results: input.items.map(({ id }) => ({ id, error })), bulkChangeId: null },
    }),
  })
  const onDecided = vi.fn()
  renderAt({
    at: `/reconcile/prolonged/${items[0]?.id ?? '1'}`,
    base: '/reconcile/prolonged',
    who: me(),
    parent: () => (
      <LiveContext value={new ToldLive()}>
        <QueueContext value={{ ids: items.map((i) => i.id), onDecided }}>
          <Outlet />
        </QueueContext>
      </LiveContext>
    ),
    path: '$prolongedId',
    child: ProlongedDrawer,
    client,
  })
  return { sent, onDecided, user: userEvent.setup() }
}

test('a prolonged role says which rule took it away, and is declined with a reason', async () => {
  const { sent, onDecided, user } = setup([prolongedRole({ id: '1' })])
  await screen.findByRole('dialog', { name: 'Source code · Petra Lang' })
  screen.getByText('Rule Source_Code-Engineering deleted or switched off')
  await user.keyboard('d')
  await screen.findByRole('dialog', { name: 'Decline Source code of Petra Lang, E1?' })
  await user.type(screen.getByLabelText(/Why\?/), 'moved on')
  await user.click(screen.getByRole('button', { name: 'Decline' }))
  await waitFor(() => expect(onDecided).toHaveBeenCalledWith('1'))
  expect(sent.map((s) => s.variables.input)).toEqual([
    { items: [{ id: '1', version: 2 }], decision: 'DECLINE', comment: 'moved on' },
  ])
})

test('nobody decides about a role of his own', async () => {
  setup([prolongedRole({ id: '1', isOwn: true })])
  await screen.findByText('This is a role of yours, so somebody else has to decide on it')
  expect(screen.queryByRole('button', { name: /Approve/ })).toBeNull()
})

test('what is over says so', async () => {
  setup([])
  await screen.findByText('This role is not prolonged any more')
})
