import type { ResourceTypeDifferencesQuery } from './DiffersPanel.generated'

export type Differences = ResourceTypeDifferencesQuery['resourceTypeDifferences']

/** So many are named for each property. */
const named = 5

/** What several looks say together: those before, and the next one. */
export function together(before: Differences | null, next: Differences): Differences {
  if (!before) return next
  const properties = new Map(before.properties.map((p) => [p.property, p]))
  for (const p of next.properties) {
    const old = properties.get(p.property)
    properties.set(p.property, {
      ...p,
      differs: p.differs + (old?.differs ?? 0),
      errors: p.errors + (old?.errors ?? 0),
      sample: [...(old?.sample ?? []), ...p.sample].slice(0, named),
    })
  }
  return {
    ...next,
    looked: before.looked + next.looked,
    given: before.given + next.given,
    gained: before.gained + next.gained,
    lost: before.lost + next.lost,
    failed: before.failed + next.failed,
    properties: [...properties.values()].sort((a, b) => b.differs + b.errors - (a.differs + a.errors)),
  }
}
