import { formatNumber } from '../format'

/** A number as people read it. */
export const n = formatNumber

/** A number with its noun: "1 row", "12 345 rows". */
export const plural = (count: number, one: string, other: string) => `${n(count)} ${count === 1 ? one : other}`
