import { formatNumber } from '../format'

/** How many: exact, or about so many. The server counts up to 10,000 and estimates what is more. */
export type Amount = number | { about: number }

/** The total of a list as an amount. */
export function amount(total: number, isEstimate: boolean | undefined): Amount {
  return isEstimate ? { about: total } : total
}

/** The number itself, for arithmetic. */
export const sizeOf = (count: Amount): number => (typeof count === 'number' ? count : count.about)

/** A number as people read it: "12 345", "about 12 300". */
export const n = (count: Amount): string =>
  typeof count === 'number' ? formatNumber(count) : `about ${formatNumber(count.about)}`

/** A number with its noun: "1 row", "12 345 rows", "about 12 300 rows". */
export const plural = (count: Amount, one: string, other: string) => `${n(count)} ${sizeOf(count) === 1 ? one : other}`
