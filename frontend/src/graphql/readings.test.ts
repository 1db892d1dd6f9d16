import { gql, type Client, type OperationResult } from 'urql'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ahead } from './ahead'
import { createClient } from './client'
import { Session } from './session'
import { SocketStatus } from './socketStatus'

const document = gql`
  query Thing($id: ID!) {
    thing(id: $id) {
      id
      name
    }
  }
`
const rename = gql`
  mutation Rename {
    rename {
      id
      name
    }
  }
`

interface Asked {
  query: string
  id: string
  /** The reading was given up before it was answered. */
  wasLeft: boolean
  answer: (name: string) => Promise<void>
  refuse: () => Promise<void>
}

/** The client of the application before a server that answers when it is told to. */
function setup() {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', (_: string, options: RequestInit) => {
    const { query, variables } = JSON.parse(options.body as string) as { query: string; variables: { id: string } }
    return new Promise<Response>((done, fail) => {
      let isDone = false
      const send = async (body: object) => {
        isDone = true
        done(new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } }))
        await settle()
      }
      options.signal?.addEventListener('abort', () => {
        one.wasLeft = !isDone
        fail(new DOMException('gone', 'AbortError'))
      })
      const one: Asked = {
        query,
        id: variables?.id,
        wasLeft: false,
        answer: (name) => {
          const thing = { __typename: 'Thing', id: variables?.id ?? '1', name }
          return send({ data: query.startsWith('mutation') ? { rename: thing } : { thing } })
        },
        refuse: () => send({ errors: [{ message: 'no', extensions: { code: 'INTERNAL' } }] }),
      }
      asked.push(one)
    })
  })
  const status = new SocketStatus()
  const client = createClient(new Session(), status, new Ahead())
  return { asked, client, status }
}

const settle = () => new Promise((done) => setTimeout(done, 5))

/** A component that reads, as useQuery does: it lets go of the last reading before it takes the next one. */
function reader(client: Client, id = '1') {
  const seen: (string | undefined)[] = []
  let last: OperationResult | undefined
  let stop = () => {}
  const read = async (requestPolicy: 'cache-and-network' | 'network-only' = 'network-only') => {
    stop()
    stop = client.query(document, { id }, { requestPolicy }).subscribe((result) => {
      last = result
      seen.push((result.data as { thing: { name: string } } | undefined)?.thing.name)
    }).unsubscribe
    await settle()
  }
  return { seen, read, now: () => seen.at(-1), last: () => last, leave: () => stop() }
}

describe('readings of one thing', () => {
  beforeEach(() => vi.spyOn(console, 'warn').mockImplementation(() => undefined))
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it('lets no older answer follow a newer one', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    await page.read()
    await page.read()
    expect(asked).toHaveLength(2)
    await asked[1]?.answer('new')
    expect(page.now()).toBe('new')
    expect(page.last()?.stale).toBe(false)
    await asked[0]?.answer('old')
    expect(page.seen).toEqual(['new'])
    // Nor from the cache, for whoever comes next.
    const other = reader(client)
    await other.read('cache-and-network')
    expect(other.now()).toBe('new')
  })

  it.each([
    { order: [2, 1, 0], shown: ['2'] },
    { order: [1, 0, 2], shown: ['1', '2'] },
    { order: [0, 2, 1], shown: ['0', '2'] },
    { order: [0, 1, 2], shown: ['0', '1', '2'] },
  ])('shows of three answers that come as $order only newer ones', async ({ order, shown }) => {
    const { asked, client } = setup()
    const page = reader(client)
    for (let i = 0; i < 3; i++) await page.read()
    for (const i of order) await asked[i]?.answer(String(i))
    expect(page.seen).toEqual(shown)
    expect(page.last()?.stale).toBe(false)
  })

  it('reads again for one of two who show the same, though a reading is under way', async () => {
    const { asked, client } = setup()
    const [one, other] = [reader(client), reader(client)]
    await one.read('cache-and-network')
    await other.read('cache-and-network')
    expect(asked).toHaveLength(1) // both want the same: one question
    await other.read() // something changed
    expect(asked).toHaveLength(2)
    await asked[0]?.answer('before')
    await asked[1]?.answer('after')
    expect([one.now(), other.now()]).toEqual(['after', 'after'])
  })

  it('reads again for one who asks ahead and does not stay', async () => {
    const { asked, client } = setup()
    const ahead = client.query(document, { id: '1' }, { requestPolicy: 'network-only' }).toPromise()
    await settle()
    const page = reader(client)
    await page.read('cache-and-network')
    await page.read()
    expect(asked).toHaveLength(2)
    await asked[1]?.answer('after')
    await asked[0]?.answer('before')
    expect(page.now()).toBe('after')
    expect(((await ahead).data as { thing: { name: string } }).thing.name).toBe('after')
  })

  it('gives whoever waits for an answer the one that began after he asked', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    await page.read()
    const promise = client.query(document, { id: '1' }, { requestPolicy: 'network-only' }).toPromise()
    await settle()
    await asked[0]?.answer('before')
    await asked[1]?.answer('after')
    expect(((await promise).data as { thing: { name: string } }).thing.name).toBe('after')
  })

  it('shows answers also while changes come faster than they', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    for (let i = 0; i < 12; i++) {
      await page.read()
      if (i >= 2) await asked[i - 2]?.answer(String(i - 2))
    }
    expect(page.now()).toBe('9')
    expect(page.last()?.stale).toBe(true)
    expect(asked.some((one) => one.wasLeft)).toBe(false)
  })

  it('bounds the readings under way, and does not forget the last change', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    for (let i = 0; i < 50; i++) await page.read()
    expect(asked).toHaveLength(4)
    await asked[0]?.answer('0')
    expect(asked).toHaveLength(5)
    for (const i of [1, 2, 3, 4]) await asked[i]?.answer(String(i))
    expect(asked).toHaveLength(5)
    expect(page.now()).toBe('4')
    expect(page.last()?.stale).toBe(false)
  })

  it('does not tell that a reading failed while a newer one is under way', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    await page.read()
    await page.read()
    await asked[0]?.refuse()
    expect(page.seen).toEqual([])
    await asked[1]?.refuse()
    expect(page.last()?.error?.message).toContain('no')
    await page.read()
    await asked[2]?.answer('well')
    expect(page.now()).toBe('well')
  })

  it('asks once for somebody who goes, and not for him who comes back later', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    await page.read('cache-and-network')
    page.leave()
    await settle()
    expect(asked[0]?.wasLeft).toBe(true)
    await page.read('cache-and-network')
    await asked[0]?.answer('gone')
    expect(page.seen).toEqual([])
    await asked[1]?.answer('here')
    expect(page.now()).toBe('here')
  })

  it('keeps what a decision answered, though an older reading comes after it', async () => {
    const { asked, client } = setup()
    const page = reader(client)
    await page.read()
    await asked[0]?.answer('first')
    await page.read()
    const done = client.mutation(rename, {}).toPromise()
    await settle()
    await asked.find((one) => one.query.startsWith('mutation'))?.answer('decided')
    await done
    await asked[1]?.answer('first')
    expect(page.now()).toBe('decided')
  })

  it('reads what is shown again when the connection is back', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { asked, client, status } = setup()
    const page = reader(client)
    const gone = reader(client, '2')
    await page.read()
    await gone.read()
    await asked[0]?.answer('before')
    await asked[1]?.answer('before')
    gone.leave()
    status.set('live')
    status.set('off')
    status.set('connecting')
    status.set('live')
    await vi.waitFor(() => expect(asked).toHaveLength(3), 2_000)
    expect(asked[2]?.id).toBe('1')
    await asked[2]?.answer('after')
    expect(page.now()).toBe('after')
  })
})
