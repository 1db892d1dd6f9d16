import { expect, test } from 'vitest'
import { historyMoves } from './historyMoves'

const entry = (id: string, change: object = {}) => ({
  id,
  at: '2026-03-01T10:00:00Z',
  actor: 'synchronization',
  actorName: null,
  lineId: `line ${id}`,
  from: 'EXECUTED' as const,
  to: 'VERIFIED' as const,
  action: 'VERIFY' as const,
  comment: '',
  ...change,
})

test('lines moved together are one move, newest first', () => {
  const moves = historyMoves([entry('1', { action: 'TRANSMIT' }), entry('2'), entry('3'), entry('4')])
  expect(moves.map((move) => move.map((e) => e.id))).toEqual([['4', '3', '2'], ['1']])
})

test('another time, actor, state or comment is another move', () => {
  for (const change of [
    { at: '2026-03-01T10:00:01Z' },
    { actor: 'erika' },
    { to: 'ERRORED' as const },
    { comment: 'no' },
  ])
    expect(historyMoves([entry('1'), entry('2', change)])).toHaveLength(2)
})

test('a move of the order itself stands alone', () => {
  expect(historyMoves([entry('1', { lineId: null }), entry('2')])).toHaveLength(2)
})
