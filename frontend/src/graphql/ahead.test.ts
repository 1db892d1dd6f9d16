import { cacheExchange, Client, gql, type Exchange } from 'urql'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { delay, filter, map, pipe } from 'wonka'
import { Ahead, asked } from './ahead'

const document = gql`
  query Things($id: ID) {
    things(id: $id)
  }
`

const happened = gql`
  subscription Happened {
    happened
  }
`

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setup() {
  let requests = 0
  const ahead = new Ahead()
  const server: Exchange = () => (operations) =>
    pipe(
      operations,
      filter((operation) => operation.kind !== 'teardown'),
      map((operation) => {
        if (operation.kind === 'query') requests++
        return { operation, data: { things: requests }, stale: false, hasNext: false }
      }),
      delay(100),
    )
  const client = new Client({ url: 'x', preferGetMethod: false, exchanges: [ahead.exchange, cacheExchange, server] })
  ahead.use(client)
  const begin = async () => {
    ahead.begin(() => Promise.resolve(asked(document, { id: '1' })))
    await vi.advanceTimersByTimeAsync(1)
  }
  const page = (id = '1') =>
    client.query(document, { id }, { requestPolicy: 'cache-and-network' }).subscribe(() => undefined)
  /** The server says that something changed. */
  const told = async () => {
    client.subscription(happened, {}).subscribe(() => undefined)
    await vi.advanceTimersByTimeAsync(100)
  }
  return { begin, page, told, requests: () => requests }
}

test('a page does not ask again for what is on its way', async () => {
  const { begin, page, requests } = setup()
  await begin()
  page()
  await vi.advanceTimersByTimeAsync(500)
  expect(requests()).toBe(1)
})

test('a page does not ask again for what has just come, however often it was asked ahead', async () => {
  const { begin, page, requests } = setup()
  await begin()
  await vi.advanceTimersByTimeAsync(1_000)
  await begin()
  page()
  await vi.advanceTimersByTimeAsync(500)
  expect(requests()).toBe(1)
})

test('a page asks for what came long ago, and for everything else', async () => {
  const { begin, page, requests } = setup()
  await begin()
  await vi.advanceTimersByTimeAsync(10_000)
  page()
  page('2')
  await vi.advanceTimersByTimeAsync(500)
  expect(requests()).toBe(3)
})

test('a page asks again for what came before something happened that it could not hear', async () => {
  const { begin, page, told, requests } = setup()
  await begin()
  await vi.advanceTimersByTimeAsync(500)
  await told()
  page()
  await vi.advanceTimersByTimeAsync(500)
  expect(requests()).toBe(2)
})

test('what was under way when something happened may be older than it', async () => {
  const { begin, page, told, requests } = setup()
  await begin()
  await vi.advanceTimersByTimeAsync(50)
  const hearing = told()
  await hearing
  page()
  await vi.advanceTimersByTimeAsync(500)
  expect(requests()).toBe(2)
})
