import { matches } from '../../lib/match'
import type { EntitlementRowFragment } from './assignment.generated'

export interface TreeRow {
  entitlement: EntitlementRowFragment
  depth: number
  hasChildren: boolean
  isOpen: boolean
}

interface TreeView {
  /** Hides what is flagged so, with everything below it. */
  simplified: boolean
  text: string
  onlyProblems: boolean
  closed: ReadonlySet<string>
}

/** States that somebody should look at. Differences are, too. */
const troubled = new Set(['ERRORED', 'ERROR'])

function isProblem(e: EntitlementRowFragment): boolean {
  return (
    e.error !== null ||
    e.waitReason !== null ||
    e.differenceId !== null ||
    (e.provisioningState != null && troubled.has(e.provisioningState))
  )
}

/** The rows to draw, in tree order. A row that matches brings its ancestors, so that it is seen where it belongs. */
export function treeRows(entitlements: EntitlementRowFragment[], view: TreeView): { rows: TreeRow[]; hidden: number } {
  const byId = new Map(entitlements.map((e) => [e.id, e]))
  const wanted = view.text.trim()
  const filtering = wanted !== '' || view.onlyProblems
  const shown = new Set<string>()
  let hidden = 0
  for (const e of entitlements) {
    if (view.simplified && isHidden(e, byId)) {
      hidden += 1
      continue
    }
    const isWanted =
      matches(wanted, e.name, e.identifier, e.value, e.target?.displayName) && (!view.onlyProblems || isProblem(e))
    if (!isWanted) continue
    for (let at: EntitlementRowFragment | undefined = e; at && !shown.has(at.id); at = parentOf(at, byId))
      shown.add(at.id)
  }

  const children = new Map<string | null, EntitlementRowFragment[]>()
  for (const e of entitlements) {
    if (!shown.has(e.id)) continue
    const parent = e.parentId && shown.has(e.parentId) ? e.parentId : null
    const list = children.get(parent) ?? []
    list.push(e)
    children.set(parent, list)
  }
  const rows: TreeRow[] = []
  const walk = (parent: string | null, depth: number) => {
    for (const entitlement of children.get(parent) ?? []) {
      const hasChildren = children.has(entitlement.id)
      const isOpen = hasChildren && (filtering || !view.closed.has(entitlement.id))
      rows.push({ entitlement, depth, hasChildren, isOpen })
      if (isOpen) walk(entitlement.id, depth + 1)
    }
  }
  walk(null, 0)
  return { rows, hidden }
}

function parentOf(
  e: EntitlementRowFragment,
  byId: Map<string, EntitlementRowFragment>,
): EntitlementRowFragment | undefined {
  return e.parentId ? byId.get(e.parentId) : undefined
}

// A flagged ancestor hides everything below it.
function isHidden(e: EntitlementRowFragment, byId: Map<string, EntitlementRowFragment>): boolean {
  for (let at: EntitlementRowFragment | undefined = e, hops = 0; at && hops < 50; at = parentOf(at, byId), hops++) {
    if (at.hiddenInSimplifiedView) return true
  }
  return false
}
