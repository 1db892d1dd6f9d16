interface Value {
  property: string
  displayName: string
  value: string
}

/** What differs between two versions, by property. */
export function versionChanges(before: Value[], after: Value[]) {
  const old = new Map(before.map((v) => [v.property, v]))
  const now = new Map(after.map((v) => [v.property, v]))
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((property) => ({
      property,
      displayName: (now.get(property) ?? old.get(property))?.displayName ?? property,
      before: old.get(property)?.value ?? null,
      after: now.get(property)?.value ?? null,
    }))
    .filter((change) => change.before !== change.after)
}
