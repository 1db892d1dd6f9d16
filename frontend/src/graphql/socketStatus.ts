import { createContext, useContext, useSyncExternalStore } from 'react'

type Status = 'off' | 'connecting' | 'live'

/** Whether the socket is up, and since when it is not, as something a component can follow. */
export class SocketStatus {
  private value: Status = 'connecting'
  private since: number | null = null
  private listeners = new Set<() => void>()

  get = (): Status => this.value

  /** When the connection was lost, in ms of the browser's clock; null while it is there. */
  offSince = (): number | null => this.since

  set(value: Status) {
    if (value === 'live') this.since = null
    else if (value === 'off') this.since ??= Date.now()
    // Trying again is not being connected: who is offline stays so until it worked.
    const shown = value === 'connecting' && this.since !== null ? 'off' : value
    if (shown === this.value) return
    this.value = shown
    for (const listener of this.listeners) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Calls back when the connection is there again: what was told meanwhile is missing. */
  onReturn(listener: () => void): () => void {
    let before = this.value
    return this.subscribe(() => {
      const now = this.value
      if (before === 'off' && now === 'live') listener()
      before = now
    })
  }
}

export const SocketStatusContext = createContext(new SocketStatus())

export function useSocketStatus(): Status {
  const status = useContext(SocketStatusContext)
  return useSyncExternalStore(status.subscribe, status.get)
}

/** Since when nothing reaches the server, in ms of the browser's clock; null: it is reached. */
export function useOfflineSince(): number | null {
  const status = useContext(SocketStatusContext)
  return useSyncExternalStore(status.subscribe, status.offSince)
}
