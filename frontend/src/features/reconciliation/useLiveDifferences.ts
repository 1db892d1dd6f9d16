import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useReconciliationChanges } from '../../graphql/live'
import type { ReconciliationFilter } from '../../graphql/types.generated'
import { useFlash } from '../../ui/useFlash'
import { DifferencesNowDocument, type DifferenceRowFragment } from './DifferenceList.generated'

/** So many rows are read again at most; those below are read when they are asked for. */
const followed = 500

/** Between two readings. */
const pause = 800

/**
 * Follows live changes for a list of differences: rows shown are read again and change in place, also those that somebody decided; the list itself
 * stays still. `fresh` is how many are there that are not shown.
 */
export function useLiveDifferences(options: {
  rows: DifferenceRowFragment[]
  filter: ReconciliationFilter
  total: number | null
  /** Nothing is shown, so nothing can move under a hand: read at once. */
  refresh: () => void
}) {
  const client = useClient()
  const [flash, light] = useFlash()
  const [fresh, setFresh] = useState(0)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  const look = async () => {
    const { rows, filter, total, refresh } = latest.current
    if (rows.length === 0) return refresh()
    const open = rows.filter((row) => row.closedAt === null).slice(0, followed)
    const { data } = await client
      .query(DifferencesNowDocument, { ids: open.map((row) => row.id), filter }, { requestPolicy: 'network-only' })
      .toPromise()
    if (!data) return
    const before = new Map(open.map((row) => [row.id, row.version]))
    light(data.known.nodes.filter((row) => row.version !== before.get(row.id)).map((row) => row.id))
    const left = data.known.nodes.filter((row) => row.closedAt !== null).length
    const gone = rows.filter((row) => row.closedAt !== null).length
    if (total !== null && !data.whole.totalCountIsEstimate)
      setFresh(Math.max(0, data.whole.totalCount - (total - gone - left)))
  }
  useReconciliationChanges(() => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => void look(), pause)
  })
  const forget = useCallback(() => setFresh(0), [])
  return { flash, fresh, forget }
}
