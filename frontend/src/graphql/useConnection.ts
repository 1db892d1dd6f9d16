import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useClient, type AnyVariables, type RequestPolicy, type TypedDocumentNode } from 'urql'
import { firstRows } from './ahead'
import { readPages } from './readPages'
import { toProblem, type Problem } from './problem'
import { useSession } from './SessionContext'

export interface Connection<Row> {
  nodes: Row[]
  pageInfo: { hasNextPage: boolean; endCursor?: string | null }
  totalCount: number
  /** Above 10,000 rows the server estimates. */
  totalCountIsEstimate: boolean
}

interface Page<Row> {
  after: string | null
  connection: Connection<Row>
}

interface Stop {
  unsubscribe: () => void
}

export interface ConnectionList<Row> {
  rows: Row[]
  total: number | null
  /** The total is about so many. */
  isEstimate: boolean
  /** The first page is on its way and there is nothing to show. */
  loading: boolean
  /** Another page, or the same again, is on its way. */
  fetching: boolean
  problem: Problem | null
  hasMore: boolean
  loadMore: () => void
  /** Reads from the first page again; rows stay until the answer is here. */
  refresh: () => void
  /**
   * Every row of the filter, page by page, for exports (of the list with that name) and bulk actions. PageProblem when it cannot be read to its end.
   */
  each: (take: (rows: Row[]) => void, signal: AbortSignal, exportOf?: string) => Promise<void>
}

/**
 * Reads a connection page by page and keeps every page subscribed to the normalised cache, so that a row that changes is
 * drawn anew without reading the list again.
 */
export function useConnection<Data, Variables extends AnyVariables, Row>(options: {
  document: TypedDocumentNode<Data, Variables>
  variables: Omit<Variables, 'first' | 'after'>
  select: (data: Data) => Connection<Row>
  pageSize?: number
  pause?: boolean
}): ConnectionList<Row> {
  const { document, select, pageSize = firstRows, pause = false } = options
  const client = useClient()
  const session = useSession()
  const key = JSON.stringify(options.variables)
  const [pages, setPages] = useState<{ key: string; list: Page<Row>[] }>({ key: '', list: [] })
  const [busy, setBusy] = useState(false)
  // The variables whose first page has arrived: until then the list is on its way.
  const [settled, setSettled] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const stops = useRef<Stop[]>([])
  const selectRef = useRef(select)
  useEffect(() => {
    selectRef.current = select
  })

  const open = useCallback(
    (index: number, after: string | null, requestPolicy: RequestPolicy) => {
      const variables = { ...(JSON.parse(key) as object), first: pageSize, after } as unknown as Variables
      const stop = client.query(document, variables, { requestPolicy }).subscribe((result) => {
        if (result.error) {
          setProblem(toProblem(result.error))
          if (!result.data) stops.current.length = index
        }
        if (result.data) {
          const connection = selectRef.current(result.data)
          if (!result.error) setProblem(null)
          setPages((old) => {
            // A first page that answers a refresh replaces everything; a page in place only changes itself.
            const list = old.key === key ? old.list.slice() : []
            if (index > list.length) return old
            list[index] = { after, connection }
            return { key, list }
          })
        }
        if (!result.stale) {
          setBusy(false)
          setSettled(key)
        }
      })
      stops.current[index] = stop
    },
    [client, document, key, pageSize],
  )

  const close = useCallback(() => {
    for (const stop of stops.current) stop.unsubscribe()
    stops.current = []
  }, [])

  useEffect(() => {
    if (pause) return
    open(0, null, 'cache-and-network')
    return close
  }, [open, close, pause])

  const current = pages.key === key ? pages.list : empty
  const last = current.at(-1)
  const hasMore = last?.connection.pageInfo.hasNextPage ?? false

  const loadMore = useCallback(() => {
    const cursor = last?.connection.pageInfo.endCursor
    if (!hasMore || !cursor || stops.current.length !== current.length) return
    setBusy(true)
    open(current.length, cursor, 'network-only')
  }, [current.length, hasMore, last, open])

  const refresh = useCallback(() => {
    close()
    setPages((old) => ({ key: old.key, list: old.list.slice(0, 1) }))
    setBusy(true)
    open(0, null, 'network-only')
  }, [close, open])

  const each = useCallback(
    (take: (rows: Row[]) => void, signal: AbortSignal, exportOf?: string) => {
      const select = (data: Data) => selectRef.current(data)
      return readPages({ session, document, variables: JSON.parse(key) as object, select, take, signal, exportOf })
    },
    [session, document, key],
  )

  const rows = useMemo(() => {
    const seen = new Set<unknown>()
    const all: Row[] = []
    for (const page of pages.key === key ? pages.list : empty) {
      for (const row of page.connection.nodes) {
        // A row that moved between two reads comes twice: the first place counts.
        const id = (row as { id?: unknown }).id ?? row
        if (seen.has(id)) continue
        seen.add(id)
        all.push(row)
      }
    }
    return all
  }, [pages, key])

  return {
    rows,
    total: current[0]?.connection.totalCount ?? null,
    isEstimate: current[0]?.connection.totalCountIsEstimate ?? false,
    loading: current.length === 0 && !problem,
    fetching: busy || settled !== key,
    problem: current.length === 0 ? problem : null,
    hasMore,
    loadMore,
    refresh,
    each,
  }
}

const empty: never[] = []
