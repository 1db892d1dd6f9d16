import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Ahead, AheadContext } from '../graphql/ahead'
import { Session } from '../graphql/session'
import { SessionContext } from '../graphql/SessionContext'
import { SocketStatus, SocketStatusContext } from '../graphql/socketStatus'
import { styleNonce } from '../lib/styleNonce'
import { Keymap, KeymapContext } from '../ui/keys'
import { theme, variables } from '../ui/theme'
import { ListedPagesContext } from './listed'
import { listedPages } from './pages'
import { makeRouter } from './router'

const schemes = localStorageColorSchemeManager({ key: 'writ.scheme' })

interface House {
  session: Session
  status: SocketStatus
  keymap: Keymap
  router: ReturnType<typeof makeRouter>
  ahead: Ahead
}

function build(): House {
  const session = new Session()
  const ahead = new Ahead()
  return { session, ahead, status: new SocketStatus(), keymap: new Keymap(), router: makeRouter(session, ahead) }
}

/** The wiring: session, keys, colours, routes. What talks to the server comes with the first page after the sign-in: SignedIn. */
export function App() {
  const [{ session, status, keymap, router, ahead }] = useState(build)

  useEffect(() => {
    let before = session.getState().status
    return session.subscribe(() => {
      const { status: now } = session.getState()
      // Out: every page asks for a sign-in. In: the sign-in of another tab leads this one on.
      if (before !== now && before !== 'unknown') void router.invalidate()
      before = now
    })
  }, [session, router])

  useEffect(() => {
    window.addEventListener('keydown', keymap.handle)
    return () => window.removeEventListener('keydown', keymap.handle)
  }, [keymap])

  return (
    <MantineProvider
      theme={theme}
      getStyleNonce={styleNonce}
      cssVariablesResolver={variables}
      colorSchemeManager={schemes}
      defaultColorScheme="auto"
    >
      <SessionContext value={session}>
        <SocketStatusContext value={status}>
          <KeymapContext value={keymap}>
            <AheadContext value={ahead}>
              <ListedPagesContext value={listedPages}>
                <RouterProvider router={router} />
              </ListedPagesContext>
            </AheadContext>
          </KeymapContext>
        </SocketStatusContext>
      </SessionContext>
    </MantineProvider>
  )
}
