import type { ProvisioningState } from '../graphql/types.generated'

export interface OrderStep {
  state: ProvisioningState
  position: 'done' | 'current' | 'next'
  /** The server, a system or a person is at work on it now. */
  isMoving: boolean
  /** Time spent in the state so far, where the history tells. */
  spentMs?: number
}

const moving: ProvisioningState[] = ['PENDING', 'TRANSMITTED', 'EXECUTED']

/** The states an order goes through (provisioning spec 1.1, "Normal routes"), and where it stands. */
export function orderSteps(order: {
  state: ProvisioningState
  isManual: boolean
  isReviewed: boolean
  createdAt: string
  history?: { at: string; to?: ProvisioningState | null; lineId?: string | null }[]
  now: number
}): OrderStep[] {
  const { state, history = [], now } = order
  const visits = visited(history, order.createdAt, now)
  const route: ProvisioningState[] = []
  if (order.isReviewed || state === 'AWAITING_APPROVAL' || visits.has('AWAITING_APPROVAL'))
    route.push('AWAITING_APPROVAL')
  route.push('PENDING')
  if (order.isManual || state === 'TRANSMITTED' || visits.has('TRANSMITTED')) route.push('TRANSMITTED')
  route.push('EXECUTED', 'VERIFIED')

  let at = route.indexOf(state)
  if (at < 0) {
    // Off the route (error, inactive, none): it stands where it left the route.
    const reached = route.findLastIndex((s) => visits.has(s))
    at = reached + 1
    route.splice(at, state === 'ERRORED' ? 0 : route.length, state)
  }
  return route.map((step, index) => ({
    state: step,
    position: index < at || (index === at && state === 'VERIFIED') ? 'done' : index === at ? 'current' : 'next',
    isMoving: index === at && moving.includes(step),
    spentMs: visits.get(step),
  }))
}

function visited(
  history: { at: string; to?: ProvisioningState | null; lineId?: string | null }[],
  createdAt: string,
  now: number,
): Map<ProvisioningState, number> {
  const spent = new Map<ProvisioningState, number>()
  const moves = history.filter((m) => m.to).map((m) => ({ at: Date.parse(m.at), to: m.to as ProvisioningState }))
  moves.forEach((move, index) => {
    const end = moves[index + 1]?.at ?? now
    spent.set(move.to, (spent.get(move.to) ?? 0) + Math.max(0, end - Math.max(move.at, Date.parse(createdAt))))
  })
  return spent
}
