import { afterEach, expect, test, vi } from 'vitest'
import type { TypedDocumentNode } from 'urql'
import { readPages, tellExport, type PageProblem } from './readPages'
import { Session } from './session'
import { CountersDocument } from './live.generated'

afterEach(() => vi.unstubAllGlobals())

interface Answer {
  list: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

const pageOf = (ids: string[], endCursor: string | null) => ({
  data: { list: { nodes: ids.map((id) => ({ id })), pageInfo: { hasNextPage: endCursor !== null, endCursor } } },
})

function answering(...answers: (object | Error)[]) {
  const asked: unknown[] = []
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    asked.push((JSON.parse(init.body as string) as { variables: { after: string | null } }).variables.after)
    const answer = answers.shift()
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ json: () => Promise.resolve(answer) })
  })
  return asked
}

const read = (taken: string[], signal = new AbortController().signal) =>
  readPages({
    session: new Session(),
    document: CountersDocument as TypedDocumentNode<Answer, object>,
    variables: {},
    select: (data) => data.list,
    take: (rows) => taken.push(...rows.map((row) => row.id)),
    signal,
  })

test('reads to the end, and asks again when an answer is lost', async () => {
  const asked = answering(pageOf(['1', '2'], 'c2'), new TypeError('Failed to fetch'), pageOf(['3'], null))
  const taken: string[] = []
  await read(taken)
  expect(taken).toEqual(['1', '2', '3'])
  expect(asked).toEqual([null, 'c2', 'c2'])
})

test('breaks off with the reason of the server', async () => {
  answering(pageOf(['1'], 'c1'), { errors: [{ message: 'Not any more.', extensions: { code: 'FORBIDDEN' } }] })
  const taken: string[] = []
  const problem = await read(taken).catch((reason: PageProblem) => reason.problem)
  expect(problem).toMatchObject({ code: 'FORBIDDEN', message: 'Not any more.' })
})

test('stops when it is told to', async () => {
  const abort = new AbortController()
  const asked = answering(pageOf(['1'], 'c1'), pageOf(['2'], null))
  const taken: string[] = []
  const reading = read(taken, abort.signal)
  abort.abort()
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  expect(asked).toEqual([null])
})

test('an export says of each page which list leaves the house, other readings say nothing', async () => {
  const bodies: { query: string; extensions?: object }[] = []
  const answers = [pageOf(['1'], 'c1'), pageOf(['2'], null), pageOf([], null), { data: { me: { id: '1' } } }]
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    bodies.push(JSON.parse(init.body as string) as { query: string })
    return Promise.resolve({ json: () => Promise.resolve(answers.shift()) })
  })
  const options = {
    session: new Session(),
    document: CountersDocument as TypedDocumentNode<Answer, object>,
    variables: {},
    select: (data: Answer) => data.list,
    take: () => undefined,
    signal: new AbortController().signal,
  }
  await readPages({ ...options, exportOf: 'people' })
  await readPages(options)
  await tellExport(new Session(), 'jobs', 3)
  const people = { export: { list: 'people' } }
  expect(bodies.map((body) => body.extensions)).toEqual([
    people,
    people,
    undefined,
    { export: { list: 'jobs', rows: 3 } },
  ])
})
