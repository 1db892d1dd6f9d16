import type { AnyVariables, TypedDocumentNode } from 'urql'
import { print } from './print'
import type { Problem } from './problem'
import type { Session } from './session'

/** Thrown when a page of a list cannot be read. */
export class PageProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

const pageSize = 500
const tries = 4

/**
 * Reads a list to its end, page by page, past the cache: what an export reads is not kept. A page that gets no answer is asked for again; PageProblem
 * when that does not help or the server refuses, AbortError when it was told to stop.
 */
export async function readPages<Data, Variables extends AnyVariables, Row>(options: {
  session: Session
  document: TypedDocumentNode<Data, Variables>
  variables: object
  select: (data: Data) => { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } }
  take: (rows: Row[]) => void
  signal: AbortSignal
  /** The name of the list when its rows leave the house: the server writes into its log what it gives. */
  exportOf?: string
}): Promise<void> {
  const query = print(options.document)
  const extensions = options.exportOf === undefined ? undefined : { export: { list: options.exportOf } }
  let after: string | null = null
  do {
    const variables = { ...options.variables, first: pageSize, after }
    const { nodes, pageInfo } = options.select(
      await ask<Data>(options.session, { query, variables, extensions }, options.signal),
    )
    options.take(nodes)
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null
  } while (after !== null)
}

/** Tells the server of rows that were read before and leave the house now. PageProblem when it does not take note. */
export async function tellExport(session: Session, list: string, rows: number): Promise<void> {
  const extensions = { export: { list, rows } }
  await ask(session, { query: '{ me { id } }', extensions }, new AbortController().signal)
}

async function ask<Data>(session: Session, body: object, signal: AbortSignal): Promise<Data> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      if (session.isStale()) await session.refresh()
      const response = await fetch('/graphql', {
        method: 'POST',
        credentials: 'same-origin',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${session.getToken() ?? ''}` },
        body: JSON.stringify(body),
        signal,
      })
      const { data, errors } = (await response.json()) as { data?: Data; errors?: Refusal[] }
      if (errors?.[0]) throw new PageProblem({ code: 'INTERNAL', ...errors[0].extensions, message: errors[0].message })
      if (data) return data
    } catch (reason) {
      if (signal.aborted || reason instanceof PageProblem) throw reason
    }
    if (attempt === tries) throw new PageProblem({ code: 'UNREACHABLE', message: 'No answer' })
    await new Promise((again) => setTimeout(again, 500 * 2 ** attempt))
  }
}

interface Refusal {
  message: string
  extensions?: { code?: string; id?: string }
}
