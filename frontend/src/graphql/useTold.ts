import { useContext, useEffect, useRef } from 'react'
import { useClient, type AnyVariables, type TypedDocumentNode } from 'urql'
import { SocketStatusContext } from './socketStatus'

/** Between two calls back. */
const calm = 500

/**
 * Calls back when a subscription says that something changed: at once, and then at most twice a second. Also when the connection was away, since what
 * was said meanwhile is missing.
 */
export function useTold<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  onTold: () => void,
  pause = false,
) {
  const client = useClient()
  const status = useContext(SocketStatusContext)
  const latest = useRef(onTold)
  useEffect(() => {
    latest.current = onTold
  })
  const key = JSON.stringify(variables)
  useEffect(() => {
    if (pause) return
    let resting: ReturnType<typeof setTimeout> | undefined
    let isMore = false
    const tell = () => {
      if (resting !== undefined) {
        isMore = true
        return
      }
      latest.current()
      resting = setTimeout(() => {
        resting = undefined
        if (!isMore) return
        isMore = false
        tell()
      }, calm)
    }
    const told = client.subscription(document, JSON.parse(key) as Variables).subscribe(({ data }) => {
      if (data) tell()
    })
    const stop = status.onReturn(tell)
    return () => {
      clearTimeout(resting)
      told.unsubscribe()
      stop()
    }
  }, [client, status, document, key, pause])
}
