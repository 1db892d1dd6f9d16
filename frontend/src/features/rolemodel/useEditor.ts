import { useCallback, useEffect, useState } from 'react'
import { useClient } from 'urql'
import { toProblem, toProblems, type Problem } from '../../graphql/problem'
import type { MakePlanInput } from '../../graphql/types.generated'
import { useDraft } from '../../ui/useDraft'
import { enumOf, readObjects, saveObject, type Plan } from './documents'
import {
  merged,
  placeOf,
  placeOfProblem,
  plain,
  same,
  withTheirs,
  withValue,
  type Change,
  type Draft,
  type KindShape,
  type Mistake,
} from './shape'

/** What was read when the editing began, and what is typed. Kept in the tab: a reload loses nothing. */
interface Kept {
  version: string
  base: Draft
  draft: Draft
}

const none = '0'

/** Somebody else saved the object meanwhile. */
export interface Conflict {
  /** What he changed and this person did not: taken over. */
  taken: Change[]
  /** What both changed. */
  clashes: Change[]
}

export interface Editor {
  kind: KindShape
  isNew: boolean
  /** Null until the object is here. */
  draft: Draft | null
  base: Draft | null
  isChanged: boolean
  isGone: boolean
  problem: Problem | null
  mistakes: Mistake[]
  plan: Plan | null
  conflict: Conflict | null
  busy: boolean
  set: (path: string, value: unknown) => void
  setDraft: (draft: Draft) => void
  /** Asks the server what saving would change. */
  look: () => Promise<void>
  /** Carries out what was looked at; gives true when it is saved. */
  save: () => Promise<boolean>
  /** The draft as something to plan. */
  proposal: () => MakePlanInput
  discard: () => void
  leavePlan: () => void
  /** Takes what somebody else made of a place that both changed. */
  take: (change: Change) => void
  readAgain: () => void
}

/** Edits one object: draft, plan, mistakes, and what happens when somebody else saves first. Without an identifier a new one begins. */
export function useEditor(kind: KindShape, identifier: string | null, begin: Draft): Editor {
  const client = useClient()
  const [text, keep] = useDraft(`edit ${kind.name} ${identifier ?? ''}`)
  const [kept, setKept] = useState<Kept | null>(() => {
    if (text) return JSON.parse(text) as Kept
    return identifier === null ? { version: none, base: begin, draft: begin } : null
  })
  const [problem, setProblem] = useState<Problem | null>(null)
  const [mistakes, setMistakes] = useState<Mistake[]>([])
  const [plan, setPlan] = useState<Plan | null>(null)
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const [isGone, setGone] = useState(false)
  const [busy, setBusy] = useState(false)

  const change = useCallback(
    (next: Kept) => {
      setKept(next)
      keep(same(next.base, next.draft) ? '' : JSON.stringify(next))
    },
    [keep],
  )

  // What is in force now; what was typed meets what somebody else saved.
  const read = useCallback(
    async (name: string, own: Kept | null) => {
      const answer = await client
        .query(readObjects(kind), { identifiers: [name], first: 1 }, { requestPolicy: 'network-only' })
        .toPromise()
      if (answer.error) {
        setProblem(toProblem(answer.error))
        return
      }
      const found = answer.data?.configuration.objects?.nodes[0]
      setProblem(null)
      setGone(!found)
      if (!found) return
      const theirs = plain(found) as Draft
      if (!own || same(own.base, own.draft)) {
        change({ version: found.version, base: theirs, draft: theirs })
      } else if (own.version !== found.version) {
        const both = merged(kind.of, own.base, own.draft, theirs)
        change({ version: found.version, base: theirs, draft: both.draft })
        setConflict({ taken: both.taken, clashes: both.clashes })
      }
    },
    [client, kind, change],
  )
  useEffect(() => {
    if (identifier !== null) void Promise.resolve().then(() => read(identifier, kept))
    // Once for each object: what is typed later must not read again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [identifier, kind.name])

  const send = async (dryRun: boolean): Promise<Plan | null> => {
    if (!kept) return null
    setBusy(true)
    const input = { [kind.name]: kept.draft, version: kept.version, dryRun }
    const answer = await client.mutation(saveObject(kind), { input }).toPromise()
    setBusy(false)
    if (answer.error) {
      const all = toProblems(answer.error)
      const first = toProblem(answer.error)
      if (first.code === 'CONFLICT' && identifier !== null) await read(identifier, kept)
      const found = all.map((p) => ({ place: placeOf(kind, kept.draft, p.field ?? ''), message: p.message }))
      const isWrong = first.code === 'VALIDATION' || first.code === 'CONFLICT'
      setMistakes(isWrong ? found : [])
      setProblem(isWrong ? null : first)
      setPlan(null)
      return null
    }
    const done = answer.data?.done ?? null
    setProblem(null)
    setMistakes(
      (done?.problems ?? []).flatMap((p) => {
        const place = placeOfProblem(kind, kept.draft, p)
        if (place === undefined && p.severity === 'WARNING') return []
        return [{ place: place ?? '', message: p.message, isWarning: p.severity === 'WARNING' }]
      }),
    )
    return done
  }

  return {
    kind,
    isNew: identifier === null,
    draft: kept?.draft ?? null,
    base: kept?.base ?? null,
    isChanged: kept !== null && !same(kept.base, kept.draft),
    isGone,
    problem,
    mistakes,
    plan,
    conflict,
    busy,
    set: (path, value) => {
      if (!kept) return
      setPlan(null)
      change({ ...kept, draft: withValue(kept.draft, path, value) })
    },
    setDraft: (draft) => {
      if (!kept) return
      setPlan(null)
      change({ ...kept, draft })
    },
    look: async () => {
      const done = await send(true)
      if (!done) return
      setConflict(null)
      setPlan(done)
    },
    save: async () => {
      const done = await send(false)
      if (!done) return false
      keep('')
      return true
    },
    proposal: () => {
      const name = String(kept?.draft.identifier)
      return {
        title: `${kind.word} ${String(kept?.draft.displayName || name)}`.slice(0, 200),
        save: { [kind.list]: kept ? [kept.draft] : [] },
        versions: kept ? [{ kind: enumOf(kind.name), identifier: name, version: kept.version }] : null,
      } as MakePlanInput
    },
    discard: () => {
      if (!kept) return
      change({ ...kept, draft: kept.base })
      setMistakes([])
      setPlan(null)
      setConflict(null)
    },
    leavePlan: () => setPlan(null),
    take: (c) => {
      if (!kept) return
      change({ ...kept, draft: withTheirs(kind.of, kept.draft, c) })
      setConflict((old) => old && { ...old, clashes: old.clashes.filter((x) => x !== c) })
    },
    readAgain: () => identifier !== null && void read(identifier, kept),
  }
}
