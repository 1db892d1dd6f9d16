import { Outlet } from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { me } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { QueueContext } from '../../ui/queue'
import { RoleDrawer } from './RoleDrawer'
import type { FoundRoleRowFragment } from './RolesTab.generated'

const owner = { id: '7', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }

function found(id: string, change: Partial<FoundRoleRowFragment> = {}): FoundRoleRowFragment {
  const value = { resourceTypeName: 'Intranet user', systemName: 'Intranet', propertyName: 'Groups', itemId: null }
  return {
    id,
    version: 3,
    state: 'NON_CONFORMING',
    role: 'Sales',
    roleName: 'Sales',
    roleKind: 'SINGLE',
    owner,
    isOwnerGone: false,
    foundAt: '2026-03-01T08:00:00Z',
    values: [
      { ...value, value: 'Old news', isHeld: true, account: { ...owner, id: '9', displayName: 'plang' } },
      { ...value, value: 'Canteen', isHeld: false, account: null },
    ],
    lackingCount: 1,
    compositeName: null,
    postponedAt: null,
    postponedBy: null,
    postponedByName: null,
    isOwn: false,
    decisions: ['KEEP_ROLE', 'REMOVE_ROLE', 'POSTPONE'],
    comments: [
      { decision: 'KEEP_ROLE', activation: 'REQUIRED' },
      { decision: 'REMOVE_ROLE', activation: 'OPTIONAL' },
    ],
    decidedBy: null,
    decidedByName: null,
    decidedAt: null,
    comment: '',
    ...change,
  }
}

function setup(items: FoundRoleRowFragment[]) {
  const { client, sent } = fakeClient({
    FoundRoleDetail: ({ id }: { id: string }) => ({ roleReconciliationItem: items.find((i) => i.id === id) ?? null }),
    DecideRoles: ({ input }: { input: { items: { id: string }[] } }) => ({
      decideRoleReconciliation: { results: input.items.map(({ id }) => ({ id, item: null, error: null })), run: null },
    }),
  })
  const onDecided = vi.fn()
  renderAt({
    at: `/reconcile/roles/${items[0]?.id ?? ''}`,
    base: '/reconcile/roles',
    who: me(),
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
  return { sent, onDecided, user: userEvent.setup() }
}

test('a found role says what it was read from and what keeping it adds, and is kept with a reason', async () => {
  const { sent, onDecided, user } = setup([found('1')])
  await screen.findByRole('dialog', { name: 'Sales · Petra Lang' })
  screen.getByText('Old news')
  screen.getByText('Canteen')
  screen.getByText('Keeping adds 1 value, each after its review.')
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
  setup([found('1', { isOwn: true })])
  await screen.findByText('This is a role of yours, so somebody else has to decide on it')
  expect(screen.queryByRole('button', { name: /Keep role/ })).toBeNull()
})
