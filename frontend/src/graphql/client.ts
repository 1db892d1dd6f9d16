import { authExchange } from '@urql/exchange-auth'
import { cacheExchange, type KeyingConfig } from '@urql/exchange-graphcache'
import { createClient as createSocket } from 'graphql-ws'
import { Client, fetchExchange, subscriptionExchange, type Exchange } from 'urql'
import type { Ahead } from './ahead'
import { withoutId } from './embedded.generated'
import type { Live } from './live'
import { Readings } from './readings'
import type { Session } from './session'
import type { SocketStatus } from './socketStatus'

/** Types whose id is not theirs: that of what they are about. The others without an identity follow from the schema. */
const aboutOthers = [
  'CatalogueEntry',
  'DelegationParty',
  'DeletePlanPayload',
  'Entitlement',
  'ExplainNode',
  'OrderResult',
  'ReconciliationResult',
  'RequestItemResult',
  'ProlongedRoleResult',
  'RoleReconciliationResult',
  'RulePreviewPerson',
  'SearchHit',
]

// What is part of what holds it has no key. A ResourceRef is the same thing as the Resource, but with fewer fields: it keeps its own key. Objects of the
// configuration are read whole to be edited: they are told by their kind and name, and none is shared.
const own = () => null
const keys: KeyingConfig = new Proxy(Object.fromEntries([...aboutOthers, ...withoutId].map((type) => [type, own])), {
  get: (known, type) =>
    known[type as string] ?? (/(Configuration|Connection|Edge|Payload)$/.test(String(type)) ? own : undefined),
})

const socketCloseForbidden = 4403
/** How often the socket asks whether the server is there, and how long it waits for the answer: offline is said within five seconds. */
const heartbeat = 3_000
const patience = 1_800

/** Makes the one client: normalised cache, bearer token, and a socket that resumes order changes after its cursor. */
export function createClient(session: Session, status: SocketStatus, ahead: Ahead, live?: Live): Client {
  let refused = false
  let answered: ReturnType<typeof setTimeout> | undefined
  const url = new URL('/graphql', window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = createSocket({
    url: url.href,
    lazy: true,
    keepAlive: heartbeat,
    retryAttempts: Infinity,
    shouldRetry: () => session.getState().status === 'in',
    retryWait: async (tries) => {
      const wait = Math.min(500 * 2 ** Math.min(tries, 5), 10_000)
      await new Promise((done) => setTimeout(done, wait * (0.75 + Math.random() / 2)))
    },
    connectionParams: async () => {
      if (refused || session.isStale()) await session.refresh()
      refused = false
      const token = session.getToken()
      return token ? { authorization: `Bearer ${token}` } : {}
    },
    on: {
      connecting: () => status.set('connecting'),
      connected: () => status.set('live'),
      // A socket whose other end is gone looks open for minutes: what does not answer is closed, and opened anew.
      ping: (received) => {
        if (!received) answered = setTimeout(() => socket.terminate(), patience)
      },
      pong: (received) => {
        if (received) clearTimeout(answered)
      },
      closed: (event) => {
        clearTimeout(answered)
        if ((event as CloseEvent).code === socketCloseForbidden) refused = true
        status.set('off')
      },
    },
  })
  window.addEventListener('offline', () => socket.terminate())
  session.subscribe(() => {
    if (session.getState().status === 'out') socket.terminate()
  })

  const auth: Exchange = authExchange(async (utils) => ({
    addAuthToOperation: (operation) => {
      const token = session.getToken()
      return token ? utils.appendHeaders(operation, { authorization: `Bearer ${token}` }) : operation
    },
    didAuthError: (error) => error.graphQLErrors.some((e) => e.extensions.code === 'UNAUTHENTICATED'),
    willAuthError: () => session.isStale(),
    refreshAuth: async () => {
      await session.refresh()
    },
  }))

  const readings = new Readings()
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    suspense: false,
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [
      ahead.exchange,
      readings.asks,
      cacheExchange({ keys }),
      auth,
      readings.answers,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => {
            const payload = { query: request.query ?? '', variables: request.variables }
            return {
              unsubscribe: socket.subscribe(payload, {
                ...sink,
                next: (result) => {
                  // The socket sends the same payload again after a reconnect: let it ask for what was missed.
                  const cursor = (result.data as { orderChanged?: { cursor?: string } } | null)?.orderChanged?.cursor
                  if (cursor) payload.variables = { ...(payload.variables as object), after: cursor }
                  sink.next(result as Parameters<typeof sink.next>[0])
                },
              }),
            }
          },
        }),
      }),
    ],
  })
  // A moment later: the subscriptions are back then, and the tabs of all people do not ask at once.
  status.onReturn(() => setTimeout(() => readings.readAgain(), 300 + 700 * Math.random()))
  // What was read before the server told what happens may be older than the first it told of.
  live?.onBegin(() => readings.readAgain({ withLists: true }))
  return readings.watch(client)
}
