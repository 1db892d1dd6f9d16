import type { OrderHistoryFragment as Entry } from './OrderHistory.generated'

/** Entries, oldest first, as moves, newest first: what one actor did at one instant to several lines is one move. */
export function historyMoves(entries: readonly Entry[]): Entry[][] {
  const moves: Entry[][] = []
  for (const entry of entries.toReversed()) {
    const first = moves.at(-1)?.[0]
    if (first && isSameMove(first, entry)) moves.at(-1)?.push(entry)
    else moves.push([entry])
  }
  return moves
}

function isSameMove(a: Entry, b: Entry): boolean {
  return (
    a.lineId != null &&
    b.lineId != null &&
    a.at === b.at &&
    a.actor === b.actor &&
    a.action === b.action &&
    a.to === b.to &&
    a.comment === b.comment
  )
}
