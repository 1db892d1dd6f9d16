import { t } from '../../lib/texts'
import type { Draft } from './shape'

const textOf = (value: unknown) => (typeof value === 'string' ? value.trim() : '')

/** Where a rule takes its value from, as it is written. */
export function fromOf(rule: Draft): { text: string; isFormula: boolean } {
  const expression = textOf(rule.expression) || textOf(rule.sourceExpression)
  const path = textOf(rule.binding) || textOf(rule.sourceBinding)
  if (expression && path) return { text: `${path} → ${expression}`, isFormula: true }
  if (expression) return { text: expression, isFormula: true }
  return { text: path || textOf(rule.resource), isFormula: false }
}

/** Under which conditions it does, in words. */
export function whenOf(rule: Draft): string {
  const criteria = Array.isArray(rule.dimensions) ? rule.dimensions.length : 0
  const parts = [
    ...(rule.isDenied === true ? [t.mapping.denied] : []),
    ...(rule.createOnly === true ? [t.mapping.createOnly] : []),
    ...(textOf(rule.singleRole) ? [t.mapping.withRole(textOf(rule.singleRole))] : []),
    ...(criteria > 0 ? [t.mapping.criteria(criteria)] : []),
    ...(rule.offset ? [t.mapping.offset] : []),
  ]
  return parts.join(', ') || t.mapping.always
}

/** Lists whose elements are lines of a mapping. */
export const isMapping = (list: string) => /^(scalar|navigation|query|binary)Rules$/.test(list)
