import { Outlet } from '@tanstack/react-router'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { me, orphan, unauthorized } from '../../test/factories'
import { fakeClient, renderAt } from '../../test/render'
import { OrphanDrawer } from './OrphanDrawer'

function setup(account = orphan(), item = unauthorized({ id: 'difference-1', owner: null, kind: 'ORPHAN' })) {
  const { client, sent } = fakeClient({
    OrphanDetail: () => ({ accountsWithoutOwner: { nodes: [account] } }),
    DifferenceDetail: () => ({ reconciliationItem: item }),
    OtherDifferences: () => ({ reconciliationItems: { nodes: [], totalCount: 0 } }),
    DecideReconciliation: ({ input }: { input: { items: { id: string }[] } }) => ({
      decideReconciliation: { results: input.items.map(({ id }) => ({ id, item: null, error: null })), run: null },
    }),
    ChooseAccountOwner: () => ({ chooseAccountOwner: { accountId: account.id } }),
  })
  const router = renderAt({
    at: `/reconcile/orphans/${account.id}`,
    base: '/reconcile/orphans',
    who: me(),
    parent: () => <Outlet />,
    path: '$accountId',
    child: OrphanDrawer,
    client,
  })
  return { router, sent, user: userEvent.setup() }
}

test('an account becomes that of the candidate that is chosen, with a reason', async () => {
  const { router, sent, user } = setup()
  const row = (await screen.findByText('Paul Lang')).closest('tr') as HTMLElement
  await user.click(within(row).getByRole('button', { name: 'It is theirs…' }))
  const question = await screen.findByRole('dialog', { name: 'Give lang in Intranet to Paul Lang, E2?' })
  await user.type(within(question).getByRole('textbox'), 'asked him')
  await user.click(within(question).getByRole('button', { name: 'Authorize account' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/reconcile/orphans'))
  expect(sent[0]?.variables.input).toEqual({
    items: [{ id: 'difference-1', version: 1 }],
    decision: 'AUTHORIZE',
    comment: 'asked him',
    ownerId: 'person-2',
  })
})

test('what nothing recognises gets a type, and may stay nobody’s', async () => {
  const { sent, user } = setup(
    orphan({
      reason: 'NEVER_MATCHED',
      resourceType: null,
      resourceTypeName: null,
      itemId: null,
      candidates: [],
      types: [
        {
          identifier: 'intranet',
          displayName: 'Intranet account',
          ownerEntityType: 'Directory_User',
          comment: 'REQUIRED',
          commentOnDelete: 'OPTIONAL',
        },
        {
          identifier: 'admin',
          displayName: 'Administrator',
          ownerEntityType: 'Directory_User',
          comment: 'REQUIRED',
          commentOnDelete: 'OPTIONAL',
        },
      ],
    }),
  )
  await user.selectOptions(await screen.findByLabelText('What it is'), 'admin')
  await user.click(screen.getByRole('button', { name: 'Leave it without owner…' }))
  const question = await screen.findByRole('dialog', { name: /^Leave lang/ })
  await user.type(within(question).getByRole('textbox'), 'a machine')
  await user.click(within(question).getByRole('button', { name: 'Authorize without owner' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.variables.input).toMatchObject({ resourceType: 'admin', ownerId: undefined, comment: 'a machine' })
})

test('an account of somebody who left says when, and offers no other candidates', async () => {
  setup(
    orphan({
      reason: 'LEAVER',
      owner: { id: 'p', entityType: 'Directory_User', key: 'E7', displayName: 'Hanna Silva' },
      leftAt: '2026-03-04T00:00:00Z',
    }),
    unauthorized({ id: 'difference-1' }),
  )
  expect(await screen.findByText(/Hanna Silva left on .*3.*2026/)).toBeInTheDocument()
  expect(screen.queryByText('Nearest people')).not.toBeInTheDocument()
  expect(screen.getByRole('button', { name: /Delete account/ })).toBeInTheDocument()
})

test('nothing can be decided while an order is under way', async () => {
  setup(orphan({ itemId: null, orderId: '7' }))
  expect(await screen.findByRole('link', { name: 'Open its order' })).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: /theirs|Delete|Authorize/ })).not.toBeInTheDocument()
})
