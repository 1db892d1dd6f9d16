import { gql } from 'urql'
import { afterEach, expect, it, vi } from 'vitest'
import { Ahead } from './ahead'
import { createClient } from './client'
import { Live } from './live'
import { Session } from './session'
import { SocketStatus } from './socketStatus'

const rows = gql`
  query Rows($first: Int, $after: String) {
    rows(first: $first, after: $after)
  }
`

interface Message {
  type: string
  id?: string
  payload?: { query: string }
}

/** A server whose socket is slower than its answers, and whose world changes between the two. */
function setup() {
  const world = { rows: 'before', asked: [] as unknown[] }
  vi.stubGlobal('fetch', (_: string, options: RequestInit) => {
    const { query, variables } = JSON.parse(options.body as string) as { query: string; variables: object }
    const isRows = query.includes('rows(')
    if (isRows) world.asked.push(variables)
    const body = { data: isRows ? { rows: world.rows } : { counters: null } }
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } }))
  })
  const sockets: Socket[] = []
  class Socket {
    static CONNECTING = 0
    static OPEN = 1
    readyState = 0
    protocol = 'graphql-transport-ws'
    onopen: (() => void) | undefined
    onmessage: ((event: { data: string }) => void) | undefined
    sent: Message[] = []
    constructor() {
      sockets.push(this)
    }
    send(text: string) {
      this.sent.push(JSON.parse(text) as Message)
    }
    close() {}
    say(message: object) {
      this.onmessage?.({ data: JSON.stringify(message) })
    }
  }
  vi.stubGlobal('WebSocket', Socket)
  const live = new Live()
  const status = new SocketStatus()
  const client = createClient(new Session(), status, new Ahead(), live)
  const stop = live.start(client, status, { reconciliation: false, requests: false, approvals: false })
  /** The server takes the socket, hears of all subscriptions and says the numbers of now. */
  const listen = async () => {
    const socket = sockets[0]
    if (!socket) throw new Error('no socket')
    socket.readyState = 1
    socket.onopen?.()
    await settle()
    socket.say({ type: 'connection_ack' })
    await settle()
    const counters = socket.sent.find((m) => m.type === 'subscribe' && m.payload?.query.includes('countersChanged'))
    expect(counters).toBe(socket.sent.filter((m) => m.type === 'subscribe').at(-1))
    for (let i = 0; i < 2; i++) {
      socket.say({ type: 'next', id: counters?.id, payload: { data: { countersChanged: { __typename: 'Counters' } } } })
      await settle()
    }
  }
  return { world, client, listen, stop }
}

const settle = () => new Promise((done) => setTimeout(done, 5))

afterEach(() => vi.unstubAllGlobals())

it('reads a list again that was read before the server told what happens, once', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { world, client, listen, stop } = setup()
  let shown: unknown
  const first = client
    .query(rows, { first: 100, after: null }, { requestPolicy: 'cache-and-network' })
    .subscribe(({ data }) => (shown = (data as { rows: string } | undefined)?.rows))
  await settle()
  expect(shown).toBe('before')
  // A computation ends before anybody listens.
  world.rows = 'after'
  await settle()
  await listen()
  expect(shown).toBe('after')
  expect(world.asked).toHaveLength(2)
  first.unsubscribe()
  stop()
})

it('leaves the further pages of a list where they are', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { world, client, listen, stop } = setup()
  const second = client.query(rows, { first: 100, after: 'x' }, { requestPolicy: 'network-only' }).subscribe(() => {})
  await settle()
  await listen()
  expect(world.asked).toHaveLength(1)
  second.unsubscribe()
  stop()
})
