import type { Problem } from '../../graphql/problem'
import type { PropertyValueInput } from '../../graphql/types.generated'

/** The field of a form that the server refused, `key` or a property, and why. */
export interface Fault {
  field: string
  message: string
}

/** Finds the field that a problem is about: the server names the place in the input. Null: no single field. */
export function toFault(problem: Problem, values: PropertyValueInput[]): Fault | null {
  const path = problem.field ?? ''
  if (/^input\.key\b/.test(path)) return { field: 'key', message: problem.message }
  const index = /^input\.values\[(\d+)\]/.exec(path)?.[1]
  const value = index === undefined ? undefined : values[Number(index)]
  return value ? { field: value.property, message: problem.message } : null
}
