import { Outlet } from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { foundRole, me } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { QueueContext } from '../../ui/queue'
import { RoleDrawer } from './RoleDrawer'
import type { FoundRoleRowFragment } from './RolesTab.generated'

function setup(items: FoundRoleRowFragment[], permissions: string[] = []) {
  const { client, sent } = fakeClient({
    FoundRoleDetail: ({ id }: { id: string }) => ({ roleReconciliationItem: items.find((i) => i.id === id) ?? null }),
    DecideRoles: ({ input }: { input: { items: { id: string }[] } }) => ({
      decideRoleReconciliation: { results: input.items.map(({ id }) => ({ id, item: null, error: null })), run: null },
    }),
  })
  const onDecided = vi.fn()
  const router = renderAt({
    at: `/reconcile/roles/${items[0]?.id ?? ''}`,
    base: '/reconcile/roles',
    who: me({ permissions }),
    parent: () => (
      <LiveContext value={new ToldLive()}>
        <QueueContext value={{ ids: items.map((i) => i.id), onDecided }}>
          <Outlet />
        </QueueContext>
      </LiveContext>
    ),
    path: '$foundId',
    child: RoleDrawer,
    client,
  })
  return { router, sent, onDecided, user: userEvent.setup() }
}

test('a found role says what it was read from and what keeping it adds, and is kept with a reason', async () => {
  const { sent, onDecided, user } = setup([foundRole({ id: '1' })])
  await screen.findByRole('dialog', { name: 'Sales · Petra Lang' })
  screen.getByText('Old news')
  screen.getByText('Canteen')
  screen.getByText('Keeping adds 1 value, after its review.')
  await user.keyboard('a')
  await screen.findByRole('dialog', { name: 'Keep Sales of Petra Lang, E1?' })
  await user.type(screen.getByLabelText(/Why\?/), 'she sells')
  await user.click(screen.getByRole('button', { name: 'Keep role' }))
  await waitFor(() => expect(onDecided).toHaveBeenCalledWith('1'))
  expect(sent.map((s) => s.variables.input)).toEqual([
    { items: [{ id: '1', version: 3 }], decision: 'KEEP_ROLE', comment: 'she sells' },
  ])
})

test('nobody decides about a role of his own', async () => {
  setup([foundRole({ id: '1', isOwn: true })])
  await screen.findByText('This is a role of yours, so somebody else has to decide on it')
  expect(screen.queryByRole('button', { name: /Keep role/ })).toBeNull()
})

test('a composite role names the single roles that follow it, and what is decided offers the other decision', async () => {
  setup([
    foundRole({
      id: '1',
      roleKind: 'COMPOSITE',
      values: [],
      lackingCount: 0,
      singleRoleNames: ['Customer records'],
    }),
  ])
  await screen.findByText(/Customer records follows the decision/)
})

test('n makes a rule of it, for whoever may write rules', async () => {
  const { router, user } = setup([foundRole({ id: '1', roleKind: 'COMPOSITE' })], ['/ProvisioningPolicy'])
  const link = await screen.findByRole('link', { name: 'Make a rule' })
  expect(link).toHaveAttribute('href', '/model/rules/compositeRole/Sales?list=rules&found=role')
  await user.keyboard('n')
  await waitFor(() => expect(router.state.location.pathname).toBe('/model/rules/compositeRole/Sales'))
})

test('nobody is offered a rule who may not write one, and none is made of what was decided', async () => {
  setup([foundRole({ id: '1' })], ['/ProvisioningPolicy/Policy/Query'])
  await screen.findByRole('dialog', { name: 'Sales · Petra Lang' })
  expect(screen.queryByRole('link', { name: 'Make a rule' })).toBeNull()
})

test('no rule is made of a role that was decided', async () => {
  setup([foundRole({ id: '1', state: 'KEPT' })], ['/ProvisioningPolicy'])
  await screen.findByRole('dialog', { name: 'Sales · Petra Lang' })
  expect(screen.queryByRole('link', { name: 'Make a rule' })).toBeNull()
})
