import { describe, expect, it } from 'vitest'
import { toFault } from './fault'

const values = [
  { property: 'FirstName', value: 'Paula' },
  { property: 'Manager', keys: ['E1'] },
]
const problem = (field?: string) => ({ code: 'VALIDATION', message: 'No.', field })

describe('toFault', () => {
  it.each([
    ['input.key', 'key'],
    ['input.values[0].value', 'FirstName'],
    ['input.values[1].keys', 'Manager'],
  ])('finds %s', (path, field) => {
    expect(toFault(problem(path), values)).toEqual({ field, message: 'No.' })
  })

  it.each(['input.values[2].value', 'input.entityType', undefined])('leaves %s to the note above', (path) => {
    expect(toFault(problem(path), values)).toBeNull()
  })
})
