import { useEffect, useRef } from 'react'
import { useMutation, useSubscription } from 'urql'
import { StartBulkChangeDocument } from '../../graphql/bulk.generated'
import { toProblem } from '../../graphql/problem'
import type { RedundantAssignmentFilter } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { notifyDone, notifyProblem } from '../../ui/notify'
import {
  CancelRedundancyAnalysisDocument,
  RedundancyChangedDocument,
  StartRedundancyAnalysisDocument,
} from './redundancy.generated'

/** Calls back when analyses, or bulk changes, moved on. */
export function useRedundancyChanges(onChange: () => void) {
  const [{ data }] = useSubscription({ query: RedundancyChangedDocument })
  const cursor = data?.redundancyChanged.cursor
  const call = useRef(onChange)
  useEffect(() => {
    call.current = onChange
  })
  useEffect(() => {
    if (cursor) call.current()
  }, [cursor])
}

/** Begins an analysis, and stops it. */
export function useAnalysis(onDone: () => void) {
  const [starting, send] = useMutation(StartRedundancyAnalysisDocument)
  const [stopping, cancel] = useMutation(CancelRedundancyAnalysisDocument)
  const start = async () => {
    const { error } = await send({ input: {} })
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.redundant.started)
    onDone()
  }
  const stop = async (id: string) => {
    const { error } = await cancel({ input: { id } })
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.redundant.stopped)
    onDone()
  }
  return {
    busy: starting.fetching || stopping.fetching,
    start: () => void start(),
    stop: (id: string) => void stop(id),
  }
}

/** Has the server leave assignments to the rules; gives the number of the bulk change, null when there is none. */
export function useLeaveToRules() {
  const [{ fetching }, send] = useMutation(StartBulkChangeDocument)
  const leave = async (what: { ids?: string[]; filter?: RedundantAssignmentFilter }, comment: string) => {
    const { data, error } = await send({
      input: {
        kind: 'REDUNDANT_ASSIGNMENTS',
        decision: 'LEAVE_TO_RULES',
        ids: what.ids,
        redundant: what.filter,
        comment,
      },
    })
    if (error) notifyProblem(toProblem(error))
    return data?.startBulkChange.bulkChange.id ?? null
  }
  return { busy: fetching, leave }
}
