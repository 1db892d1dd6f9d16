interface Context {
  startDate?: string | null
  endDate?: string | null
  dimensions: { dimension: string; value: { displayName: string } }[]
}

interface Span {
  label: string
  from: string | null
  to: string | null
  /** Percent of the whole line. */
  left: number
  width: number
}

interface TimeLine {
  /** Ends of the line as ms; null where a context is open. */
  from: number | null
  to: number | null
  now: number
  /** Of each dimension one lane, and further rows of it for values at the same time. */
  lanes: { dimension: string; row: number; spans: Span[] }[]
  percent: (ms: number) => number
}

const margin = 90 * 86_400_000

/** Lays contexts out: one lane per dimension, touching spans of the same value joined, different values at the same time one below the other. */
export function timeLine(contexts: Context[], now: number): TimeLine {
  const starts = contexts.flatMap((c) => (c.startDate ? [Date.parse(c.startDate)] : []))
  const ends = contexts.flatMap((c) => (c.endDate ? [Date.parse(c.endDate)] : []))
  const openLeft = contexts.some((c) => !c.startDate)
  const openRight = contexts.some((c) => !c.endDate)
  const first = Math.min(now, ...starts, ...ends) - (openLeft || starts.length === 0 ? margin : 0)
  const last = Math.max(now, ...starts, ...ends) + (openRight || ends.length === 0 ? margin : 0)
  const length = Math.max(1, last - first)
  const percent = (ms: number) => Math.round(((ms - first) / length) * 1000) / 10

  const lanes = new Map<string, Span[]>()
  const sorted = contexts.toSorted((a, b) => (a.startDate ?? '').localeCompare(b.startDate ?? ''))
  for (const context of sorted) {
    const from = context.startDate ?? null
    const to = context.endDate ?? null
    const left = percent(from ? Date.parse(from) : first)
    const right = percent(to ? Date.parse(to) : last)
    for (const { dimension, value } of context.dimensions) {
      const spans = lanes.get(dimension) ?? []
      lanes.set(dimension, spans)
      const before = spans.find((s) => s.label === value.displayName && s.left + s.width >= left)
      if (before) {
        if (right > before.left + before.width) {
          before.width = right - before.left
          before.to = to
        }
      } else {
        spans.push({ label: value.displayName, from, to, left, width: Math.max(0.5, right - left) })
      }
    }
  }
  return {
    from: openLeft ? null : first,
    to: openRight ? null : last,
    now: percent(now),
    lanes: [...lanes].flatMap(([dimension, spans]) => rows(spans).map((row, n) => ({ dimension, row: n, spans: row }))),
    percent,
  }
}

/** Deals spans out to rows in which none covers another. */
function rows(spans: Span[]): Span[][] {
  const out: Span[][] = []
  for (const span of spans) {
    const row = out.find((r) =>
      r.every((s) => s.left + s.width <= span.left + 0.1 || span.left + span.width <= s.left + 0.1),
    )
    if (row) row.push(span)
    else out.push([span])
  }
  return out
}
