import { Graph, layout } from '@dagrejs/dagre'
import type { ExplainNodeKind } from '../../graphql/types.generated'

export const nodeWidth = 176
export const nodeHeight = 46

/** The columns, in the order in which one leads to the next. */
const columns: Record<ExplainNodeKind, number> = {
  RULE: 0,
  CONTEXT: 1,
  RECORD: 2,
  ROLE: 3,
  ACCOUNT: 4,
  VALUE: 5,
  ORDER: 6,
  ATTEMPT: 7,
  VERIFICATION: 8,
}

interface Node {
  id: string
  kind: ExplainNodeKind
}

interface Leads {
  from: string
  to: string
}

export interface Placed {
  width: number
  height: number
  /** The middle of each node. */
  at: Map<string, [number, number]>
  /** The points of each edge, as they were given. */
  paths: string[]
}

/**
 * Places the nodes of an explanation. Kinds that nothing stands for take no room; each kind stands in one column, unless one of it leads to another.
 * `down` puts the columns below each other, for narrow screens.
 */
export function placed(nodes: Node[], links: Leads[], down: boolean): Placed {
  const column = columnsOf(nodes, links)
  const graph = new Graph({ multigraph: true })
  // The columns are given: dagre finds the order in them, and the places.
  graph.setGraph({ rankdir: down ? 'TB' : 'LR', nodesep: 14, ranksep: 46, ranker: 'none' as 'longest-path' })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const n of nodes)
    graph.setNode(n.id, { width: nodeWidth, height: nodeHeight, rank: 2 * (column.get(n.id) ?? 0) })
  links.forEach((e, index) => graph.setEdge(e.from, e.to, {}, String(index)))
  layout(graph)
  const at = new Map<string, [number, number]>()
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0]
  for (const n of nodes) {
    const { x = 0, y = 0 } = graph.node(n.id) as { x?: number; y?: number }
    at.set(n.id, [x, y])
    left = Math.min(left, x - nodeWidth / 2)
    top = Math.min(top, y - nodeHeight / 2)
    right = Math.max(right, x + nodeWidth / 2)
    bottom = Math.max(bottom, y + nodeHeight / 2)
  }
  const margin = 12
  for (const p of at.values()) {
    p[0] += margin - left
    p[1] += margin - top
  }
  return {
    width: nodes.length ? right - left + 2 * margin : 0,
    height: nodes.length ? bottom - top + 2 * margin : 0,
    at,
    paths: links.map((e) => path(at.get(e.from) ?? [0, 0], at.get(e.to) ?? [0, 0], down)),
  }
}

/** Each kind stands in a column of its own, and what another of its kind leads to in a later one; kinds that nothing stands for take no room. */
function columnsOf(nodes: Node[], links: Leads[]): Map<string, number> {
  const kinds = [...new Set(nodes.map((n) => columns[n.kind]))].sort((a, b) => a - b)
  const column = new Map(nodes.map((n) => [n.id, kinds.indexOf(columns[n.kind])]))
  for (let round = 0, moved = true; moved && round < nodes.length; round++) {
    moved = false
    for (const e of links) {
      const least = (column.get(e.from) ?? 0) + 1
      if ((column.get(e.to) ?? 0) >= least) continue
      column.set(e.to, least)
      moved = true
    }
  }
  return column
}

function path(from: [number, number], to: [number, number], down: boolean): string {
  if (down) {
    const [y1, y2] = [from[1] + nodeHeight / 2, to[1] - nodeHeight / 2 - 5]
    const bend = Math.max(18, (y2 - y1) / 2)
    return `M${from[0]} ${y1}C${from[0]} ${y1 + bend} ${to[0]} ${y2 - bend} ${to[0]} ${y2}`
  }
  const [x1, x2] = [from[0] + nodeWidth / 2, to[0] - nodeWidth / 2 - 5]
  const bend = Math.max(18, (x2 - x1) / 2)
  return `M${x1} ${from[1]}C${x1 + bend} ${from[1]} ${x2 - bend} ${to[1]} ${x2} ${to[1]}`
}

/** The node that an arrow key leads to: along an edge where there is one, else the next one that way. */
export function neighbour(
  key: string,
  current: string,
  links: Leads[],
  at: Placed['at'],
  down: boolean,
): string | undefined {
  const here = at.get(current)
  if (!here) return undefined
  const [onward, back] = down ? ['ArrowDown', 'ArrowUp'] : ['ArrowRight', 'ArrowLeft']
  const [along, across] = down ? ([1, 0] as const) : ([0, 1] as const)
  const nearest = (ids: string[]) =>
    ids.sort(
      (a, b) =>
        Math.abs((at.get(a)?.[across] ?? 0) - here[across]) - Math.abs((at.get(b)?.[across] ?? 0) - here[across]),
    )[0]
  if (key === onward) return nearest(links.filter((e) => e.from === current).map((e) => e.to))
  if (key === back) return nearest(links.filter((e) => e.to === current).map((e) => e.from))
  const sign = key === (down ? 'ArrowRight' : 'ArrowDown') ? 1 : key === (down ? 'ArrowLeft' : 'ArrowUp') ? -1 : 0
  if (sign === 0) return undefined
  const same = [...at].filter(
    ([id, p]) => id !== current && Math.abs(p[along] - here[along]) < 2 && (p[across] - here[across]) * sign > 0,
  )
  return nearest(same.map(([id]) => id))
}
