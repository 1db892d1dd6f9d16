import { formatName, formatValue } from '../../lib/format'
import { t } from '../../lib/texts'

/** When a rule applies, in words: dimensions and the role it asks for. */
export function conditionWords(rule: { dimensions: unknown; role?: string | null }): string {
  const parts = Object.entries((rule.dimensions ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== null && value !== '')
    .map(([dimension, value]) => `${dimension} = ${formatValue(value)}`)
  if (rule.role) parts.push(t.model.byRole(formatName(rule.role)))
  return parts.length ? parts.join(', ') : t.model.always
}
