import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Provider } from 'urql'
import { createClient } from '../graphql/client'
import { Live, LiveContext } from '../graphql/live'
import { Session } from '../graphql/session'
import { SessionContext } from '../graphql/SessionContext'
import { SocketStatus, SocketStatusContext } from '../graphql/socketStatus'
import { Keymap, KeymapContext } from '../ui/keys'
import { theme, variables } from '../ui/theme'
import { makeRouter } from './router'

const schemes = localStorageColorSchemeManager({ key: 'writ.scheme' })

interface House {
  session: Session
  status: SocketStatus
  keymap: Keymap
  router: ReturnType<typeof makeRouter>
}

function build(): House {
  const session = new Session()
  return { session, status: new SocketStatus(), keymap: new Keymap(), router: makeRouter(session) }
}

/** The wiring: session, client, live changes, keys, colours, routes. */
export function App() {
  const [{ session, status, keymap, router }] = useState(build)
  // A client and what it knows belong to one sign-in: the next person must not see the cache of the last one.
  const [data, setData] = useState(() => ({ client: createClient(session, status), live: new Live() }))

  useEffect(() => {
    let before = session.getState().status
    return session.subscribe(() => {
      const { status: now } = session.getState()
      if (before === 'in' && now === 'out') {
        setData({ client: createClient(session, status), live: new Live() })
        void router.invalidate()
      }
      before = now
    })
  }, [session, status, router])

  useEffect(() => {
    window.addEventListener('keydown', keymap.handle)
    return () => window.removeEventListener('keydown', keymap.handle)
  }, [keymap])

  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={schemes}
      defaultColorScheme="auto"
    >
      <SessionContext value={session}>
        <SocketStatusContext value={status}>
          <KeymapContext value={keymap}>
            <LiveContext value={data.live}>
              <Provider value={data.client}>
                <RouterProvider router={router} />
              </Provider>
            </LiveContext>
          </KeymapContext>
        </SocketStatusContext>
      </SessionContext>
    </MantineProvider>
  )
}
