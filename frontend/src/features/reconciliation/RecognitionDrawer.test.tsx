import { Outlet } from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { me, recognized } from '../../test/factories'
import { fakeClient, renderAt } from '../../test/render'
import { RecognitionDrawer } from './RecognitionDrawer'

function setup(account = recognized()) {
  const { client, sent } = fakeClient({
    RecognitionDetail: () => ({ recognizedAccounts: { nodes: [account] } }),
    ResetRecognition: ({ input }: { input: { accounts: { id: string }[] } }) => ({
      resetRecognition: { results: input.accounts.map(({ id }) => ({ id, account, error: null })), bulkChangeId: null },
    }),
  })
  renderAt({
    at: `/reconcile/recognition/${account.id}`,
    base: '/reconcile/recognition',
    who: me(),
    parent: () => <Outlet />,
    path: '$accountId',
    child: RecognitionDrawer,
    client,
  })
  return { sent, user: userEvent.setup(), account }
}

test('what was decided is taken back, and what would come of it is said before', async () => {
  const { sent, user, account } = setup()
  expect(await screen.findByText(/^Rita Reviewer decided it/)).toBeVisible()
  await user.click(screen.getByRole('button', { name: /^Let rules decide again/ }))
  const question = await screen.findByRole('dialog', { name: 'Let rules decide again about lang in Intranet?' })
  expect(question).toHaveTextContent('It becomes the account of Paul Lang (100 %).')
  await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'look again')
  await user.click(screen.getByRole('button', { name: 'Let rules decide again' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.variables.input).toEqual({
    accounts: [{ id: account.id, version: '(1,1,16,t)' }],
    comment: 'look again',
  })
})

test('where it cannot be taken back, the reason stands in place of a question', async () => {
  const { user, sent } = setup(
    recognized({ forecast: { outcome: 'STAYS', owner: null, confidence: null, refusal: 'An order is under way.' } }),
  )
  expect(await screen.findByText('An order is under way.')).toBeVisible()
  expect(screen.getByRole('button', { name: /^Let rules decide again/ })).toBeDisabled()
  await user.keyboard('r')
  expect(screen.queryByRole('dialog', { name: /^Let rules/ })).toBeNull()
  expect(sent).toEqual([])
})
