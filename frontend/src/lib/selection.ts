/** What is chosen in a list: some rows by id, or everything that the filter matches, loaded or not. */
export type Selection = { all: false; ids: ReadonlySet<string> } | { all: true }

export const noSelection: Selection = { all: false, ids: new Set() }
export const wholeSelection: Selection = { all: true }

export function isSelected(selection: Selection, id: string): boolean {
  return selection.all || selection.ids.has(id)
}

/** How many are chosen; of everything that the filter matches, as many as the list says. */
export function selectionCount<Total>(selection: Selection, total: Total): Total | number {
  return selection.all ? total : selection.ids.size
}

/** Takes one row in or out. From "all of the filter" it falls back to the rows shown, without this one. */
export function toggle(selection: Selection, id: string, shown: readonly string[]): Selection {
  const ids = new Set(selection.all ? shown : selection.ids)
  if (!ids.delete(id)) ids.add(id)
  return { all: false, ids }
}

/** Takes in every row between two, as with the Shift key. */
export function selectRange(selection: Selection, from: string, to: string, shown: readonly string[]): Selection {
  const a = shown.indexOf(from)
  const b = shown.indexOf(to)
  if (a < 0 || b < 0) return toggle(selection, to, shown)
  const ids = new Set(selection.all ? shown : selection.ids)
  for (const id of shown.slice(Math.min(a, b), Math.max(a, b) + 1)) ids.add(id)
  return { all: false, ids }
}

/** All shown rows, or none if they were all chosen. */
export function toggleShown(selection: Selection, shown: readonly string[]): Selection {
  const every = shown.length > 0 && shown.every((id) => isSelected(selection, id))
  return every ? noSelection : { all: false, ids: new Set(shown) }
}

/** The row after a move by keys, kept inside the list. */
export function moveActive(current: string | null, by: number, shown: readonly string[]): string | null {
  if (shown.length === 0) return null
  const index = current === null ? -1 : shown.indexOf(current)
  if (index < 0) return shown[by > 0 ? 0 : shown.length - 1] ?? null
  return shown[Math.max(0, Math.min(shown.length - 1, index + by))] ?? null
}

/** The row to open once this one has left the list: the one after it, else the one before. */
export function neighbour(id: string, shown: readonly string[]): string | null {
  const index = shown.indexOf(id)
  if (index < 0) return shown[0] ?? null
  return shown[index + 1] ?? shown[index - 1] ?? null
}
