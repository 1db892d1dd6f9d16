import { Outlet } from '@tanstack/react-router'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { order, orderLine } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { LiveContext } from '../../graphql/live'
import { readDraft } from '../../lib/storage'
import type { OrderDetailFragment } from './useOrderInDrawer.generated'
import { QueueContext } from '../../ui/queue'
import { ReviewDrawer } from './ReviewDrawer'

function setup(orders: OrderDetailFragment[], options: { refuse?: string; code?: string; list?: string } = {}) {
  const { client, sent, hold } = fakeClient({
    OrderDetail: ({ id }: { id: string }) => ({ order: orders.find((o) => o.id === id) ?? null }),
    ReviewOrders: () => ({
      reviewOrders: {
        results: orders.slice(0, 1).map(({ id }) => ({
          id,
          order: orders.find((o) => o.id === id),
          error: options.refuse ? { code: options.code ?? 'STALE_ITEM', message: options.refuse } : null,
        })),
      },
    }),
    UnblockOrders: ({ input }: { input: { orderIds: string[] } }) => ({
      unblockOrders: { results: input.orderIds.map((id) => ({ id, order: null, error: null })) },
    }),
  })
  const onDecided = vi.fn()
  const queue = { ids: orders.map((o) => o.id), onDecided }
  const live = new ToldLive()
  const Parent = () => (
    <LiveContext value={live}>
      <QueueContext value={queue}>
        <Outlet />
      </QueueContext>
    </LiveContext>
  )
  const router = renderAt({
    at: `${options.list ?? '/review'}/${orders[0]?.id ?? ''}`,
    parent: Parent,
    path: '$orderId',
    child: ReviewDrawer,
    client,
  })
  return {
    router,
    sent,
    onDecided,
    live,
    orders,
    user: userEvent.setup(),
    hold: (id: string) => hold('OrderDetail', id),
  }
}

const title = /Create Intranet account/

describe('ReviewDrawer', () => {
  it('approves every waiting line with a, with the versions seen, and opens the next order', async () => {
    const [one, two] = [order(), order()]
    const { router, sent, onDecided, user } = setup([one, two])
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('a')
    await screen.findByRole('dialog', { name: 'Approve to create Intranet account for Petra Lang, E1?' })
    expect(sent).toEqual([])
    await user.keyboard('{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe(`/review/${two.id}`))
    expect(sent).toEqual([
      {
        name: 'ReviewOrders',
        variables: {
          input: {
            lines: one.lines.map((line) => ({ lineId: line.id, decision: 'APPROVE', version: 1 })),
            comment: undefined,
          },
        },
      },
    ])
    expect(onDecided).toHaveBeenCalledWith(one.id, false)
  })

  it('asks for a reason with d and declines only with one', async () => {
    const one = order()
    const { router, sent, user } = setup([one])
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('d')
    const dialog = await screen.findByRole('dialog', { name: 'Decline to create Intranet account for Petra Lang, E1?' })
    const decline = within(dialog).getByRole('button', { name: 'Decline' })
    expect(decline).toBeDisabled()
    await user.type(within(dialog).getByRole('textbox'), 'left the project')
    await user.click(decline)
    await waitFor(() => expect(router.state.location.pathname).toBe('/review'))
    expect(sent[0]?.variables).toMatchObject({
      input: { comment: 'left the project', lines: [{ decision: 'DECLINE' }, { decision: 'DECLINE' }] },
    })
  })

  it('says beside the buttons why a decision cannot be made, until something else is chosen', async () => {
    const one = order({ lines: [orderLine({ propertyDisplayName: 'Login' }), orderLine()] })
    const { user, onDecided } = setup([one], { refuse: 'Decline the whole creation instead.', code: 'VALIDATION' })
    const drawer = await screen.findByRole('dialog', { name: title })
    await user.click(within(drawer).getAllByRole('button', { name: 'Decline' })[0]!)
    await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'no')
    await user.click(screen.getByRole('button', { name: /^Apply these decisions/ }))
    expect(await within(drawer).findByRole('alert')).toHaveTextContent('Decline the whole creation instead.')
    expect(onDecided).not.toHaveBeenCalled()
    expect(screen.getByRole('textbox', { name: 'Comment' })).toHaveValue('no')
    await user.click(within(drawer).getAllByRole('button', { name: 'Approve' })[0]!)
    expect(within(drawer).queryByRole('alert')).toBeNull()
  })

  it('declines the whole creation when the account was approved before', async () => {
    const account = orderLine({ action: 'CREATE', property: null, state: 'PENDING' })
    const one = order({ lines: [account, orderLine()] })
    const { sent, user } = setup([one])
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('d')
    const dialog = await screen.findByRole('dialog', { name: /^Decline/ })
    await user.type(within(dialog).getByRole('textbox'), 'left')
    await user.click(within(dialog).getByRole('button', { name: 'Decline' }))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.variables).toEqual({ input: { comment: 'left', decision: 'DECLINE', orderIds: [one.id] } })
  })

  it('keeps what was typed: into the dialog, back from it, over another order', async () => {
    const [one, two] = [order(), order()]
    const { router, user } = setup([one, two])
    await screen.findByRole('dialog', { name: title })
    await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'left the')
    await user.keyboard('{Escape}d')
    const dialog = await screen.findByRole('dialog', { name: /^Decline/ })
    expect(within(dialog).getByRole('textbox')).toHaveValue('left the')
    await user.type(within(dialog).getByRole('textbox'), ' project')
    await user.click(within(dialog).getByRole('button', { name: 'Cancel' }))
    expect(await screen.findByRole('textbox', { name: 'Comment' })).toHaveValue('left the project')
    await router.navigate({ to: `/review/${two.id}` } as never)
    await waitFor(() => expect(screen.getByRole('textbox', { name: 'Comment' })).toHaveValue(''))
    await router.navigate({ to: `/review/${one.id}` } as never)
    await waitFor(() => expect(screen.getByRole('textbox', { name: 'Comment' })).toHaveValue('left the project'))
  })

  it('stays while the next order comes, and decides nothing until that one is on screen', async () => {
    const [one, two] = [order(), order({ owner: null })]
    const { router, sent, user, hold } = setup([one, two])
    const drawer = await screen.findByRole('dialog', { name: /Petra Lang/ })
    const next = hold(two.id)
    await router.navigate({ to: `/review/${two.id}` } as never)
    expect(drawer).toBeInTheDocument()
    expect(drawer).toHaveAttribute('aria-busy', 'true')
    await user.keyboard('a')
    expect(sent).toEqual([])
    next()
    await waitFor(() => expect(drawer).not.toHaveAccessibleName(/Petra Lang/))
    await user.keyboard('a')
    await screen.findByRole('dialog', { name: /^Approve to/ })
    await user.keyboard('{Enter}')
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.variables).toMatchObject({ input: { lines: two.lines.map(({ id }) => ({ lineId: id })) } })
  })

  it('follows when somebody else decides, says who, and keeps the text', async () => {
    const one = order()
    const { live, user, orders } = setup([one])
    await screen.findByRole('dialog', { name: title })
    await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'wait')
    const moved = {
      id: 'h1',
      at: '2026-03-01T10:00:00Z',
      actor: 'ben',
      actorName: 'Ben Ray',
      lineId: null,
      from: null,
      comment: '',
    }
    orders[0] = {
      ...one,
      state: 'PENDING',
      lines: one.lines.map((line) => ({ ...line, state: 'PENDING' as const })),
      history: [{ ...moved, to: 'PENDING', action: 'APPROVE' }],
    }
    live.tell([{ order: { id: one.id } }])
    expect(await screen.findByText(/Approved by Ben Ray/)).toBeInTheDocument()
    expect(screen.queryByRole('button', { name: /Approve creation/ })).not.toBeInTheDocument()
    expect(screen.getByText(/You had written: wait/)).toBeInTheDocument()
    expect(readDraft(`order.${one.id}`)).toBe('wait')
  })

  it('keeps a postponed order in the list', async () => {
    const [one, two] = [order(), order()]
    const { onDecided, user } = setup([one, two])
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('p')
    await waitFor(() => expect(onDecided).toHaveBeenCalledWith(one.id, true))
  })

  it('sends a decision per line once one differs', async () => {
    const one = order()
    const { sent, user } = setup([one])
    await screen.findByRole('dialog', { name: title })
    const login = screen.getByRole('group', { name: 'Decision for Login' })
    await user.click(within(login).getByRole('button', { name: 'Postpone' }))
    await user.click(screen.getByRole('button', { name: /Apply these decisions/ }))
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.variables).toMatchObject({ input: { lines: [{ decision: 'APPROVE' }, { decision: 'POSTPONE' }] } })
  })

  it('stays on the order and says why when it changed meanwhile', async () => {
    const [one, two] = [order(), order()]
    const { router, onDecided, user } = setup([one, two], { refuse: 'The order changed since you read it.' })
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('a')
    await screen.findByRole('dialog', { name: /^Approve to/ })
    await user.keyboard('{Enter}')
    expect(await screen.findByText('The order changed since you read it.')).toBeInTheDocument()
    expect(router.state.location.pathname).toBe(`/review/${one.id}`)
    expect(onDecided).not.toHaveBeenCalled()
  })

  it('unblocks an errored order with a and offers no postponing', async () => {
    const one = order({ state: 'ERRORED', lines: [orderLine({ state: 'ERRORED' })] })
    const { sent, user } = setup([one], { list: '/errors' })
    await screen.findByRole('dialog', { name: title })
    expect(screen.queryByRole('button', { name: /Postpone/ })).not.toBeInTheDocument()
    await user.keyboard('a')
    await waitFor(() => expect(sent[0]?.name).toBe('UnblockOrders'))
  })

  it('does not take letters typed into the comment for decisions', async () => {
    const { sent, user } = setup([order()])
    await screen.findByRole('dialog', { name: title })
    await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'a d p')
    expect(sent).toEqual([])
  })

  it('closes with Escape', async () => {
    const { router, user } = setup([order()])
    await screen.findByRole('dialog', { name: title })
    await user.keyboard('{Escape}')
    await waitFor(() => expect(router.state.location.pathname).toBe('/review'))
  })

  it('offers nothing once there is nothing left to decide', async () => {
    setup([order({ state: 'PENDING', lines: [orderLine({ state: 'PENDING' })] })])
    await screen.findByRole('dialog', { name: title })
    expect(screen.queryByRole('button', { name: /Approve creation/ })).not.toBeInTheDocument()
    expect(screen.getByText('Nothing left to decide here')).toBeInTheDocument()
  })
})
