import { useCallback, useEffect, useRef, useState } from 'react'
import type { AnyVariables, OperationResult } from 'urql'
import { toProblem } from '../../graphql/problem'
import type { BulkResultFragment } from './order.generated'

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

/**
 * Does something to many orders in portions, so that progress can be seen and every line has its own result. A portion that
 * does not get through counts as failed and can be tried again.
 */
export function useBulk<Data, Variables extends AnyVariables>(options: {
  send: (orderIds: string[]) => Promise<OperationResult<Data, Variables>>
  results: (data: Data) => BulkResultFragment[]
  onEnd?: (run: BulkRun) => void
}) {
  const [run, setRun] = useState<BulkRun | null>(null)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })

  const start = useCallback(async (ids: string[]) => {
    let state: BulkRun = { total: ids.length, done: 0, failed: [], running: true }
    setRun(state)
    for (let at = 0; at < ids.length; at += chunk) {
      const part = ids.slice(at, at + chunk)
      const { data, error } = await latest.current.send(part)
      const failed: BulkFailure[] = []
      if (data) {
        for (const result of latest.current.results(data))
          if (result.error) failed.push({ id: result.id, ...result.error })
      } else if (error) {
        const problem = toProblem(error)
        for (const id of part) failed.push({ id, code: problem.code, message: problem.message })
      }
      state = {
        ...state,
        done: state.done + part.length - failed.length,
        failed: [...state.failed, ...failed],
      }
      setRun(state)
    }
    state = { ...state, running: false }
    setRun(state)
    latest.current.onEnd?.(state)
  }, [])

  const close = useCallback(() => setRun(null), [])
  return { run, start, close }
}
