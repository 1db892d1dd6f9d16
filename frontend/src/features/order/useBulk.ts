import { useCallback, useEffect, useRef, useState } from 'react'
import type { CombinedError } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { BulkResultFragment } from './useBulk.generated'

interface BulkFailure {
  id: string
  code: string
  message: string
}

export interface BulkRun {
  total: number
  done: number
  failed: BulkFailure[]
  running: boolean
}

const chunk = 50

/** The answer to one portion: a result for each order, or why none came. */
export interface BulkAnswer {
  results?: BulkResultFragment[]
  problem?: Problem
}

/** What the client answered, with where its results are. */
export function toAnswer<Data>(
  { data, error }: { data?: Data; error?: CombinedError },
  results: (data: Data) => BulkResultFragment[],
): BulkAnswer {
  return error ? { problem: toProblem(error) } : { results: data ? results(data) : [] }
}

type Send = (orderIds: string[]) => Promise<BulkAnswer>

/**
 * Does something to many orders in portions, so that progress can be seen and every line has its own result. A portion that
 * does not get through counts as failed and can be tried again. What is sent is given with the start: it cannot change on the way.
 */
export function useBulk(onEnd: (run: BulkRun) => void) {
  const [run, setRun] = useState<BulkRun | null>(null)
  const sending = useRef<Send>(() => Promise.resolve({}))
  const ended = useRef(onEnd)
  useEffect(() => {
    ended.current = onEnd
  })

  const proceed = useCallback(async (ids: string[]) => {
    const send = sending.current
    let state: BulkRun = { total: ids.length, done: 0, failed: [], running: true }
    setRun(state)
    for (let at = 0; at < ids.length; at += chunk) {
      const part = ids.slice(at, at + chunk)
      const { results, problem } = await send(part)
      const failed: BulkFailure[] = []
      for (const result of results ?? []) if (result.error) failed.push({ id: result.id, ...result.error })
      if (problem) for (const id of part) failed.push({ id, code: problem.code, message: problem.message })
      state = {
        ...state,
        done: state.done + part.length - failed.length,
        failed: [...state.failed, ...failed],
      }
      setRun(state)
    }
    state = { ...state, running: false }
    setRun(state)
    ended.current(state)
  }, [])

  const start = useCallback(
    (ids: string[], send: Send) => {
      sending.current = send
      return proceed(ids)
    },
    [proceed],
  )
  const close = useCallback(() => setRun(null), [])
  /** `again` does the same to others, e.g. to those that failed. */
  return { run, start, again: proceed, close }
}
