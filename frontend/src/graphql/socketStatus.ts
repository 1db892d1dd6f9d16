import { createContext, useContext, useSyncExternalStore } from 'react'

type Status = 'off' | 'connecting' | 'live'

/** Whether the socket is up, as something a component can follow. */
export class SocketStatus {
  private value: Status = 'off'
  private listeners = new Set<() => void>()

  get = (): Status => this.value

  set(value: Status) {
    if (value === this.value) return
    this.value = value
    for (const listener of this.listeners) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export const SocketStatusContext = createContext(new SocketStatus())

export function useSocketStatus(): Status {
  const status = useContext(SocketStatusContext)
  return useSyncExternalStore(status.subscribe, status.get)
}
