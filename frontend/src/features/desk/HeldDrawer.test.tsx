import { screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { heldRow, me } from '../../test/factories'
import { fakeClient, renderAt } from '../../test/render'
import { HeldDrawer } from './HeldDrawer'

const person = { id: 'person-1', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }
const asks = ['/Custom/Workflows/ModifyPermissions_Directory_User/Request/ActionPending']

function setup(held: ReturnType<typeof heldRow> | null, permissions = asks, targets = [person]) {
  const { client } = fakeClient({
    MayAskFor: () => ({ requestTargets: { nodes: targets, totalCount: targets.length, totalCountIsEstimate: false } }),
  })
  const Draw = () => <HeldDrawer held={held} fetching={false} onClose={vi.fn()} />
  renderAt({
    at: '/my-access',
    who: me({ resource: person, permissions }),
    parent: Draw,
    path: '$x',
    child: () => null,
    client,
  })
}

test('what a person gave is given back by a request, with a word on what that means', async () => {
  setup(heldRow())
  const back = await screen.findByRole('link', { name: 'Give back' })
  expect(back.getAttribute('href')).toBe('/request?role=Payment_Entry&for=person-1&action=REMOVE')
  screen.getByText(/what it opens stops working then/)
  screen.getByText('You asked for it; Rita Reviewer approved it on 9 January 2026.')
  expect(screen.getByRole('link', { name: 'Request RQ-17' }).getAttribute('href')).toBe('/requests/17')
  screen.getByRole('button', { name: /plang/ })
})

test('what a rule gives is left to an exemption, and says that the rule gives it', async () => {
  setup(heldRow({ giveBack: 'DENY', because: 'RULE' }))
  const exempt = await screen.findByRole('link', { name: 'Ask to be exempted' })
  expect(exempt.getAttribute('href')).toContain('action=DENY')
  screen.getByText(/^A rule gives it/)
})

test('who may not ask for himself is offered nothing', async () => {
  setup(heldRow(), [])
  await screen.findByRole('dialog', { name: 'Payment entry' })
  expect(screen.queryByRole('link', { name: 'Give back' })).toBeNull()
  expect(screen.queryByRole('link', { name: 'How it comes about' })).toBeNull()
})

test('an entry that is not in the list says so', async () => {
  setup(null)
  await screen.findByText('This is not in the list')
})
