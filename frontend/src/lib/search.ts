/** Readers for search parameters: each takes what stands in the URL and gives a good value or undefined; bad ones fall away. */

export type RawSearch = Record<string, unknown>

export function text(value: unknown, max = 200): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim().slice(0, max)
  return trimmed === '' ? undefined : trimmed
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((a) => a === value)
}

export function manyOf<T extends string>(value: unknown, allowed: readonly T[]): T[] | undefined {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const good = allowed.filter((a) => list.includes(a))
  return good.length > 0 ? good : undefined
}

export function many(value: unknown, max = 20): string[] | undefined {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const good = [...new Set(list.map((v) => text(v)).filter((v) => v !== undefined))].slice(0, max)
  return good.length > 0 ? good : undefined
}

export function flag(value: unknown): true | undefined {
  return value === true || value === 'true' || value === 1 ? true : undefined
}

export function instant(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** Leaves out what is undefined, so that the URL stays short. */
export function compact<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined)) as T
}
