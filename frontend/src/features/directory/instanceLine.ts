interface Section {
  section: string
  displayName: string
  key?: string | null
  record?: { id: string; displayName: string } | null
  isGap: boolean
}

export interface SectionContext {
  startDate?: string | null
  endDate?: string | null
  rank: number
  sections: Section[]
}

export interface Period {
  from: string | null
  to: string | null
}

/** One thing that records tell of, such as one position: when it counts, and when it is the main one. */
export interface Instance {
  id: string
  section: string
  label: string
  /** Nothing counts there: values are lent by what the label names. */
  isGap: boolean
  periods: Period[]
  main: Period[]
}

const start = (p: { startDate?: string | null }) => p.startDate ?? ''
const end = (p: { endDate?: string | null }) => p.endDate ?? '9999'

/** Joins periods that touch or overlap. */
function joined(periods: Period[]): Period[] {
  const out: Period[] = []
  for (const p of periods.toSorted((a, b) => (a.from ?? '').localeCompare(b.from ?? ''))) {
    const last = out.at(-1)
    if (last && (last.to === null || (p.from ?? '') <= last.to)) {
      if (last.to !== null && (p.to === null || p.to > last.to)) last.to = p.to
    } else {
      out.push({ ...p })
    }
  }
  return out
}

/** What of a context is not in better ranked ones. */
function uncovered(context: SectionContext, better: SectionContext[]): Period[] {
  let left: Period[] = [{ from: context.startDate ?? null, to: context.endDate ?? null }]
  for (const b of better) {
    left = left.flatMap((p) => {
      const from = p.from ?? ''
      const to = p.to ?? '9999'
      if (end(b) <= from || start(b) >= to) return [p]
      const parts: Period[] = []
      if (start(b) > from) parts.push({ from: p.from, to: b.startDate ?? null })
      if (end(b) < to) parts.push({ from: b.endDate ?? null, to: p.to })
      return parts
    })
  }
  return left
}

/** The instances of all sections that have any of their own, in the order of the sections, then of time. */
export function instances(contexts: SectionContext[]): Instance[] {
  const ranked = contexts.toSorted((a, b) => a.rank - b.rank)
  const found = new Map<string, Instance>()
  ranked.forEach((context, i) => {
    const main = uncovered(context, ranked.slice(0, i))
    context.sections.forEach((s, n) => {
      const what = s.key ?? s.record?.displayName ?? ''
      const id = `${n} ${s.section} ${s.isGap ? 'gap' : ''} ${what}`
      const one = found.get(id) ?? { id, section: s.displayName, label: what, isGap: s.isGap, periods: [], main: [] }
      found.set(id, one)
      one.periods.push({ from: context.startDate ?? null, to: context.endDate ?? null })
      one.main.push(...main)
    })
  })
  const all = [...found.values()].map((x) => ({ ...x, periods: joined(x.periods), main: joined(x.main) }))
  const order = new Map<string, number>()
  ranked.forEach((c) => c.sections.forEach((s, n) => order.set(s.displayName, n)))
  return all.toSorted(
    (a, b) =>
      (order.get(a.section) ?? 0) - (order.get(b.section) ?? 0) ||
      (a.periods[0]?.from ?? '').localeCompare(b.periods[0]?.from ?? ''),
  )
}
