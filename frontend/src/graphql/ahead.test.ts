import { cacheExchange, Client, gql, type Exchange } from 'urql'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { delay, filter, map, pipe } from 'wonka'
import { Ahead, asked } from './ahead'

const document = gql`
  query Things($id: ID) {
    things(id: $id)
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
      filter((operation) => operation.kind === 'query'),
      map((operation) => {
        requests++
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
  return { begin, page, requests: () => requests }
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
