import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { useRequestChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import type { RequestAssignmentsInput } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { toInput, type BasketLine } from './basket'
import { CheckRequestDocument, type CheckedFragment } from './request.generated'

const pause = 250

type Checked = CheckedFragment['items'][number]

/** What the server says about the basket, a moment after it changed; the last answer stays until the next one is here. */
export function useCheck(lines: BasketLine[]) {
  const wanted = useMemo(() => JSON.stringify({ ids: lines.map((l) => l.id), input: toInput(lines) }), [lines])
  const [asked] = useDebouncedValue(wanted, pause)
  const { ids, input } = useMemo(() => JSON.parse(asked) as { ids: string[]; input: RequestAssignmentsInput }, [asked])
  const [{ data, error, fetching }, read] = useReading({
    query: CheckRequestDocument,
    variables: { input },
    pause: ids.length === 0,
    requestPolicy: 'network-only',
  })
  const [kept, setKept] = useState<{ asked: string; ids: string[]; check: CheckedFragment } | null>(null)
  if (data && kept?.check !== data.checkRequest) setKept({ asked, ids, check: data.checkRequest })
  const again = () => {
    if (ids.length > 0) read({ requestPolicy: 'network-only' })
  }
  useRequestChanges(again)
  const ofLine = useMemo(() => {
    const byLine = new Map<string, Checked[]>()
    for (const item of kept?.check.items ?? []) {
      const id = kept?.ids[item.position] ?? ''
      byLine.set(id, [...(byLine.get(id) ?? []), item])
    }
    return byLine
  }, [kept])
  const isCurrent = lines.length > 0 && kept?.asked === wanted && !fetching && !error
  return {
    /** What becomes of each line, for each of its people. */
    ofLine,
    check: lines.length > 0 ? (kept?.check ?? null) : null,
    /** It is about the basket as it is now. */
    isCurrent,
    problem: error && asked === wanted ? toProblem(error) : null,
    again,
  }
}
