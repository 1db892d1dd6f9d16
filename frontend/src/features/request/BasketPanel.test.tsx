import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { beforeEach, expect, test } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { checkedItem, me } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { addLine, emptyBasket, type Basket } from './basket'
import { BasketPanel } from './BasketPanel'
import type { CheckedFragment } from './request.generated'

const petra = checkedItem().owner

const filled = (): Basket =>
  addLine(
    { ...emptyBasket(), people: [petra] },
    {
      action: 'ADD',
      role: 'Payment_Entry',
      kind: 'SINGLE',
      name: 'Payment entry',
      owners: [petra],
      parameters: [],
      needsEnd: false,
      takesEnd: true,
    },
  )

function setup(items: CheckedFragment['items'], basket = filled(), submittable = true) {
  const { client, sent } = fakeClient({
    CheckRequest: () => ({ checkRequest: { digest: 'd1', submittable, items } }),
    RequestAssignments: () => ({ requestAssignments: { request: { id: '7', number: 'RQ-7', items: [] } } }),
  })
  const live = new ToldLive()
  function Held() {
    const [held, change] = useState(basket)
    return (
      <LiveContext value={live}>
        <BasketPanel basket={held} change={change} />
      </LiveContext>
    )
  }
  renderAt({ at: '/request/x', who: me(), parent: Held, path: '$x', child: () => null, client })
  return { sent, user: userEvent.setup() }
}

const send = () => screen.findByRole('button', { name: 'Send request' })

beforeEach(() => sessionStorage.clear())

test('says who approves and what changes, and sends what was seen, once', async () => {
  const basket = filled()
  const { sent, user } = setup([checkedItem()], basket)
  await screen.findByText(/Rita Reviewer, Rolf Officer/)
  screen.getByText('Changes: Intranet account')
  await waitFor(async () => expect(await send()).toBeEnabled())
  await user.dblClick(await send())
  await screen.findByText('Request RQ-7 is sent')
  expect(sent).toHaveLength(1)
  expect(sent[0]?.variables.input).toMatchObject({
    basketDigest: 'd1',
    clientKey: basket.key,
    acknowledgeFindings: [],
    items: [{ role: 'Payment_Entry', roleKind: 'SINGLE', ownerIds: ['person-1'], action: 'ADD' }],
  })
  await screen.findByText('The basket is empty')
})

test('what stands in the way holds it back, and is left out by one press', async () => {
  const { user } = setup(
    [
      checkedItem({
        findings: [
          { code: 'ALREADY_REQUESTED', severity: 'BLOCKS', message: 'This is asked for already: RQ-17.', field: null },
        ],
      }),
    ],
    filled(),
    false,
  )
  await screen.findByText('This is asked for already: RQ-17.')
  expect(screen.getByRole('link', { name: 'See it' })).toHaveAttribute('href', '/requests?text=RQ-17')
  await screen.findByText(/1 line stands in the way/)
  expect(await send()).toBeDisabled()
  await user.click(screen.getByRole('button', { name: 'Leave Payment entry out' }))
  await screen.findByText('The basket is empty')
})

test('a warning is ticked before it can be sent, and the tick is sent along', async () => {
  const { sent, user } = setup([
    checkedItem({
      levels: [],
      findings: [{ code: 'NO_APPROVER', severity: 'WARNS', message: 'Nobody can approve this yet.', field: null }],
    }),
  ])
  await screen.findByText('Nobody can approve this yet.')
  expect(await send()).toBeDisabled()
  await user.click(screen.getByRole('checkbox', { name: /nobody can approve it yet/ }))
  await waitFor(async () => expect(await send()).toBeEnabled())
  await user.click(await send())
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.variables.input).toMatchObject({ acknowledgeFindings: ['NO_APPROVER'] })
})

test('clamped dates say what they were and why', async () => {
  setup([
    checkedItem({
      endDate: '2026-06-01T00:00:00Z',
      clamps: [
        { field: 'end', requested: '2027-01-01T00:00:00Z', effective: '2026-06-01T00:00:00Z', because: 'contract_end' },
      ],
      findings: [{ code: 'CLAMPED', severity: 'INFORMS', message: 'x', field: null }],
    }),
  ])
  await screen.findByText('Until May 31, 2026 instead of Dec 31, 2026: the contract ends then.')
})

test('people for whom the same happens are said together, and others apart', async () => {
  const tim = { ...petra, id: 'person-2', displayName: 'Tim Berg' }
  const una = { ...petra, id: 'person-3', displayName: 'Una Cole' }
  const basket = filled()
  basket.lines = basket.lines.map((l) => ({ ...l, owners: [petra, tim, una] }))
  setup(
    [
      checkedItem(),
      checkedItem({ owner: tim }),
      checkedItem({
        owner: una,
        findings: [{ code: 'ALREADY_HELD', severity: 'BLOCKS', message: 'Una Cole has it.', field: null }],
      }),
    ],
    basket,
    false,
  )
  const list = await screen.findByRole('group', { name: 'What will happen' })
  await within(list).findByText('Petra Lang, Tim Berg')
  within(list).getByText('Una Cole')
  within(list).getByRole('button', { name: 'Leave Una Cole out' })
})
