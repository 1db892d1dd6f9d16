import { useContext, useState } from 'react'
import { Provider } from 'urql'
import { createClient } from '../graphql/client'
import { Live, LiveContext } from '../graphql/live'
import { useSession } from '../graphql/SessionContext'
import { SocketStatusContext } from '../graphql/socketStatus'
import { Shell } from './Shell'

/**
 * Everything behind the sign-in. A client and what it knows belong to one sign-in, and go with this: the next person must not
 * see the cache of the last one.
 */
export function SignedIn() {
  const session = useSession()
  const status = useContext(SocketStatusContext)
  const [{ client, live }] = useState(() => ({ client: createClient(session, status), live: new Live() }))
  return (
    <LiveContext value={live}>
      <Provider value={client}>
        <Shell />
      </Provider>
    </LiveContext>
  )
}
