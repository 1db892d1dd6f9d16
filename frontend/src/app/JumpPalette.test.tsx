import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Provider } from 'urql'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeClient, Surroundings } from '../test/render'
import { JumpPalette } from './JumpPalette'
import { ListedPagesContext } from './listed'
import { listedPages } from './pages'

const hits = [
  { kind: 'Directory_User', id: '7', label: 'Viktor Moreau', detail: 'Person E10001' },
  { kind: 'order', id: '12', label: 'Badge card of Viktor Moreau', detail: 'Pending' },
]

function setup() {
  const { client } = fakeClient({ Search: () => ({ search: hits }) })
  const onClose = vi.fn()
  const onKeys = vi.fn()
  const root = createRootRoute({
    component: () => (
      <ListedPagesContext value={listedPages}>
        <JumpPalette onClose={onClose} onKeys={onKeys} />
      </ListedPagesContext>
    ),
  })
  const any = createRoute({ getParentRoute: () => root, path: '$', component: () => null })
  const router = createRouter({ routeTree: root.addChildren([any]), history: createMemoryHistory() })
  const { unmount } = render(
    <Surroundings>
      <Provider value={client}>
        <RouterProvider router={router as never} />
      </Provider>
    </Surroundings>,
  )
  return { router, onClose, onKeys, unmount, user: userEvent.setup() }
}

describe('JumpPalette', () => {
  beforeEach(() => sessionStorage.clear())

  it('finds on the server, opens the first with Enter, and offers it next time before anything is typed', async () => {
    const { router, onClose, unmount, user } = setup()
    const field = await screen.findByRole('combobox', { name: 'Search or jump to' })
    expect(screen.queryByRole('group', { name: 'Recent' })).not.toBeInTheDocument()
    await user.type(field, 'viktor')
    const found = await screen.findByRole('option', { name: /^Viktor Moreau/ })
    await waitFor(() => expect(found).toHaveAttribute('aria-selected', 'true'))
    expect(field).toHaveAttribute('aria-activedescendant', found.id)
    await user.keyboard('{Enter}')
    await waitFor(() => expect(router.state.location.pathname).toBe('/person/7'))
    expect(onClose).toHaveBeenCalled()
    unmount()

    const again = setup()
    const recent = await screen.findByRole('group', { name: 'Recent' })
    expect(recent).toHaveTextContent('Viktor Moreau')
    await again.user.keyboard('{Enter}')
    await waitFor(() => expect(again.router.state.location.pathname).toBe('/person/7'))
  })

  it('moves with the arrows, round the ends', async () => {
    const { user } = setup()
    const field = await screen.findByRole('combobox', { name: 'Search or jump to' })
    await user.click(field)
    const chosen = () => screen.getByRole('option', { selected: true })
    const [first, second] = await screen.findAllByRole('option')
    await waitFor(() => expect(chosen()).toBe(first))
    await user.keyboard('{ArrowDown}')
    await waitFor(() => expect(chosen()).toBe(second))
    await user.keyboard('{ArrowUp}{ArrowUp}')
    await waitFor(() => expect(chosen()).toHaveTextContent('Sign out'))
  })

  it('says that nothing is found', async () => {
    const { user } = setup()
    hits.length = 0
    await user.type(await screen.findByRole('combobox', { name: 'Search or jump to' }), 'zzzz')
    expect(await screen.findByText('Nothing found. Try a name, a key or a page.')).toBeInTheDocument()
  })
})
