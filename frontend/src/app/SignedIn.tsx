import { useCallback, useContext, useEffect, useState } from 'react'
import { Provider } from 'urql'
import { AheadContext } from '../graphql/ahead'
import { createClient } from '../graphql/client'
import { Live, LiveContext } from '../graphql/live'
import { tellExport } from '../graphql/readPages'
import { useSession } from '../graphql/SessionContext'
import { SocketStatusContext } from '../graphql/socketStatus'
import { ExportContext } from '../ui/ExportContext'
import { Shell } from './Shell'

/**
 * Everything behind the sign-in. A client and what it knows belong to one sign-in, and go with this: the next person must not
 * see the cache of the last one.
 */
export function SignedIn() {
  const session = useSession()
  const status = useContext(SocketStatusContext)
  const ahead = useContext(AheadContext)
  const [{ client, live }] = useState(() => {
    const heard = new Live()
    return { client: createClient(session, status, ahead, heard), live: heard }
  })
  useEffect(() => ahead.use(client), [ahead, client])
  const tell = useCallback((list: string, rows: number) => tellExport(session, list, rows), [session])
  return (
    <LiveContext value={live}>
      <Provider value={client}>
        <ExportContext value={tell}>
          <Shell />
        </ExportContext>
      </Provider>
    </LiveContext>
  )
}
