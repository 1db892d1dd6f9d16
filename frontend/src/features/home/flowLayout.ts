import type { ProvisioningState } from '../../graphql/types.generated'

export interface Layout {
  width: number
  height: number
  nodeWidth: number
  nodeHeight: number
  at: Record<ProvisioningState, [x: number, y: number]>
}

/** From left to right, for wide screens. */
export const wide: Layout = {
  width: 960,
  height: 356,
  nodeWidth: 156,
  nodeHeight: 56,
  at: {
    NONE: [80, 178],
    AWAITING_APPROVAL: [252, 36],
    PENDING: [390, 178],
    TRANSMITTED: [545, 36],
    EXECUTED: [694, 178],
    VERIFIED: [880, 178],
    ERRORED: [545, 320],
    INACTIVE: [252, 320],
    ERROR: [80, 320],
  },
}

/** From top to bottom, for phones. */
export const tall: Layout = {
  width: 366,
  height: 440,
  nodeWidth: 116,
  nodeHeight: 50,
  at: {
    NONE: [60, 32],
    AWAITING_APPROVAL: [306, 32],
    PENDING: [183, 126],
    TRANSMITTED: [306, 220],
    ERRORED: [60, 220],
    EXECUTED: [183, 314],
    VERIFIED: [183, 408],
    INACTIVE: [306, 408],
    ERROR: [60, 408],
  },
}

/** The moves that happen when all goes its usual way: drawn thinly even when nothing passed. */
export const usualMoves: [ProvisioningState, ProvisioningState][] = [
  ['NONE', 'AWAITING_APPROVAL'],
  ['NONE', 'PENDING'],
  ['AWAITING_APPROVAL', 'PENDING'],
  ['AWAITING_APPROVAL', 'INACTIVE'],
  ['PENDING', 'TRANSMITTED'],
  ['PENDING', 'EXECUTED'],
  ['PENDING', 'ERRORED'],
  ['TRANSMITTED', 'EXECUTED'],
  ['TRANSMITTED', 'ERRORED'],
  ['EXECUTED', 'VERIFIED'],
  ['ERRORED', 'PENDING'],
]

/** A slightly bent way from one node to another, ending at their borders; there and back do not cover each other. */
export function edgePath(layout: Layout, from: ProvisioningState, to: ProvisioningState): string {
  const [x1, y1] = layout.at[from]
  const [x2, y2] = layout.at[to]
  const dx = x2 - x1
  const dy = y2 - y1
  const length = Math.hypot(dx, dy) || 1
  // A long way goes around what stands between.
  const bend = length > layout.nodeWidth * 2.6 ? length * 0.25 : Math.min(34, length * 0.1)
  const cx = (x1 + x2) / 2 + (-dy / length) * bend
  const cy = (y1 + y2) / 2 + (dx / length) * bend
  const start = border(layout, x1, y1, cx, cy, 2)
  const end = border(layout, x2, y2, cx, cy, 6)
  return `M${round(start[0])} ${round(start[1])}Q${round(cx)} ${round(cy)} ${round(end[0])} ${round(end[1])}`
}

/** Where the line from the middle of a node towards a point leaves it. */
function border(layout: Layout, x: number, y: number, tx: number, ty: number, gap: number): [number, number] {
  const dx = tx - x
  const dy = ty - y
  const scale = Math.min(
    dx === 0 ? Infinity : (layout.nodeWidth / 2 + gap) / Math.abs(dx),
    dy === 0 ? Infinity : (layout.nodeHeight / 2 + gap) / Math.abs(dy),
  )
  return [x + dx * scale, y + dy * scale]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** Thickness of an edge by what passed: visible for one, bearable for a hundred thousand. */
export function edgeWidth(count: number): number {
  return count === 0 ? 1 : Math.min(9, 1.6 + Math.log2(count + 1) * 0.6)
}
