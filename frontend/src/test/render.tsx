import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { act, render } from '@testing-library/react'
import { useEffect, useState, type ReactNode } from 'react'
import { Client, Provider, type Exchange, type Operation } from 'urql'
import { filter, fromPromise, fromValue, map, mergeMap, pipe } from 'wonka'
import { Live, type OrderChange } from '../graphql/live'
import type { MeFragment } from '../graphql/me.generated'
import { Session } from '../graphql/session'
import { SessionContext } from '../graphql/SessionContext'
import { Keymap, KeymapContext } from '../ui/keys'
import { SignedIn } from './session'

/** Tells changes of orders as the server would. */
export class ToldLive extends Live {
  private listeners = new Set<(changes: OrderChange[]) => void>()

  override onOrders(listener: (changes: OrderChange[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private reconciling = new Set<() => void>()

  override onReconciliation(listener: () => void): () => void {
    this.reconciling.add(listener)
    return () => this.reconciling.delete(listener)
  }

  private requesting = new Set<() => void>()

  override onRequests(listener: () => void): () => void {
    this.requesting.add(listener)
    return () => this.requesting.delete(listener)
  }

  tellRequests() {
    act(() => {
      for (const listener of this.requesting) listener()
    })
  }

  tellReconciliation() {
    act(() => {
      for (const listener of this.reconciling) listener()
    })
  }

  tell(changes: { order: { id: string } }[]) {
    act(() => {
      for (const listener of this.listeners) listener(changes as OrderChange[])
    })
  }
}

/** Answers operations by name; records mutations. `hold` keeps the answer about one id back until its function is called. */
export function fakeClient(answers: Record<string, (variables: never) => unknown>) {
  const sent: { name: string; variables: Record<string, unknown> }[] = []
  const held = new Map<string, Promise<void>>()
  const hold = (name: string, id: string) => {
    let release = () => {}
    held.set(`${name} ${id}`, new Promise((resolve) => (release = resolve)))
    return () => act(() => release())
  }
  const answer: Exchange = () => (operations) =>
    pipe(
      operations,
      filter((operation) => operation.kind !== 'teardown' && operation.kind !== 'subscription'),
      mergeMap((operation) => {
        const waits = held.get(`${operationName(operation)} ${String((operation.variables as { id?: unknown }).id)}`)
        return waits ? fromPromise(waits.then(() => operation)) : fromValue(operation)
      }),
      map((operation) => {
        const name = operationName(operation)
        if (operation.kind === 'mutation')
          sent.push({ name, variables: operation.variables as Record<string, unknown> })
        const data = answers[name]?.(operation.variables as never)
        return { operation, data, stale: false, hasNext: false }
      }),
    )
  const client = new Client({ url: 'http://test/graphql', preferGetMethod: false, exchanges: [answer] })
  return { client, sent, hold }
}

function operationName(operation: Operation): string {
  const definition = operation.query.definitions.find((d) => d.kind === 'OperationDefinition')
  return definition?.name?.value ?? ''
}

function Keys({ keymap, children }: { keymap: Keymap; children: ReactNode }) {
  useEffect(() => {
    window.addEventListener('keydown', keymap.handle)
    return () => window.removeEventListener('keydown', keymap.handle)
  }, [keymap])
  return <KeymapContext value={keymap}>{children}</KeymapContext>
}

/** Everything a component finds around it in the application, without the routes. */
export function Surroundings({ children }: { children: ReactNode }) {
  const [keymap] = useState(() => new Keymap())
  return (
    <MantineProvider env="test">
      <Keys keymap={keymap}>
        {children}
        <Notifications />
      </Keys>
    </MantineProvider>
  )
}

/** Draws a component under the addresses it needs. */
export function renderAt(options: {
  at: string
  /** The address of the parent; left out: the first part of `at`. */
  base?: string
  /** Who looks; left out: somebody without rights. */
  who?: MeFragment
  parent: () => ReactNode
  path: string
  child: () => ReactNode
  client: Client
}) {
  const root = createRootRoute({ component: Outlet })
  const base = options.base ?? `/${options.at.split('/')[1] ?? ''}`
  const list = createRoute({ getParentRoute: () => root, path: base, component: options.parent })
  const drawer = createRoute({ getParentRoute: () => list, path: options.path, component: options.child })
  const order = createRoute({ getParentRoute: () => root, path: '/order/$orderId', component: () => null })
  const person = createRoute({ getParentRoute: () => root, path: '/person/$id', component: () => null })
  const router = createRouter({
    routeTree: root.addChildren([list.addChildren([drawer]), order, person]),
    history: createMemoryHistory({ initialEntries: [options.at] }),
  })
  render(
    <SessionContext value={options.who ? new SignedIn(options.who) : new Session()}>
      <Surroundings>
        <Provider value={options.client}>
          <RouterProvider router={router as never} />
        </Provider>
      </Surroundings>
    </SessionContext>,
  )
  return router
}
