import { MantineProvider } from '@mantine/core'
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { Client, Provider, type Exchange } from 'urql'
import { filter, map, mergeMap, never, fromValue, pipe } from 'wonka'
import { SessionContext } from '../../src/graphql/SessionContext'
import type { MeFragment } from '../../src/graphql/me.generated'
import { Keymap, KeymapContext } from '../../src/ui/keys'
import { theme, variables } from '../../src/ui/theme'
import { me } from '../../src/test/factories'
import { SignedIn } from '../../src/test/session'

export interface Story {
  /** The address that the component finds: a drawer reads its order from it. */
  at?: string
  /** What the server answers, by the name of the query; a query that is not here is never answered. */
  answers?: Record<string, unknown>
  /** Who looks. */
  who?: MeFragment
  draw: () => ReactNode
}

/** Everything a component finds around it in the application. */
export function Stage({ at = '/review/order-1', answers = {}, who = me(), draw }: Story) {
  const [house] = useState(() => ({ client: client(answers), session: new SignedIn(who), keymap: new Keymap() }))
  const [router] = useState(() => {
    const root = createRootRoute({ component: () => <main className="story">{draw()}</main> })
    const paths = [
      '/review/$orderId',
      '/manual/$orderId',
      '/order/$orderId',
      '/person/$id',
      '/reconcile/resources/$itemId',
      '/reconcile/orphans/$accountId',
      '/reconcile/roles/$foundId',
      '/reconcile/prolonged/$prolongedId',
      '/reconcile/runs/$runId',
      '/approvals/$itemId',
      '/requests/$itemId',
      '/delegations/$delegationId',
      '/model/mining/$run/$result',
      '/plans/$planId',
      '/risks/matrix',
      '/access/keys',
      '/access/clients',
      '$',
    ]
    // as in the application: pages lie below the shell, by whose name they ask for their address
    const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: () => null })
    const routes = paths.map((path) => createRoute({ getParentRoute: () => shell, path, component: () => null }))
    // a drawer that asks for the address of its list
    const list = createRoute({ getParentRoute: () => shell, path: '/risks/identified', component: () => null })
    const drawer = createRoute({ getParentRoute: () => list, path: '$identified', component: () => null })
    return createRouter({
      routeTree: root.addChildren([shell.addChildren([...routes, list.addChildren([drawer])])]),
      history: createMemoryHistory({ initialEntries: [at] }),
    })
  })
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <SessionContext value={house.session}>
        <KeymapContext value={house.keymap}>
          <Provider value={house.client}>
            <RouterProvider router={router as never} />
          </Provider>
        </KeymapContext>
      </SessionContext>
    </MantineProvider>
  )
}

function client(answers: Record<string, unknown>): Client {
  const answer: Exchange = () => (operations) =>
    pipe(
      operations,
      filter((operation) => operation.kind !== 'teardown'),
      mergeMap((operation) => {
        const definition = operation.query.definitions.find((d) => d.kind === 'OperationDefinition')
        const data = answers[definition?.name?.value ?? '']
        return data === undefined
          ? never
          : pipe(
              fromValue(data),
              map((found) => ({ operation, data: found })),
            )
      }),
      map((result) => ({ ...result, stale: false, hasNext: false })),
    )
  return new Client({ url: 'http://story/graphql', preferGetMethod: false, exchanges: [answer] })
}
