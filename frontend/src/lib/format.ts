/** Numbers with thin grouping: 12 345. */
export function formatNumber(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
}

const units: [limit: number, ms: number, word: string][] = [
  [60_000, 1_000, 's'],
  [3_600_000, 60_000, 'min'],
  [86_400_000, 3_600_000, 'h'],
  [30 * 86_400_000, 86_400_000, 'd'],
  [365 * 86_400_000, 30 * 86_400_000, 'mo'],
  [Infinity, 365 * 86_400_000, 'y'],
]

/** A length of time in its largest unit: 42 s, 3 h, 5 d. */
export function formatDuration(ms: number): string {
  const abs = Math.abs(ms)
  for (const [limit, unit, word] of units) if (abs < limit) return `${Math.floor(abs / unit)}\u00a0${word}`
  return ''
}

/** How far an instant is from now: "just now", "5 min ago", "in 2 d". */
export function formatRelative(iso: string, now: number): string {
  const distance = Date.parse(iso) - now
  if (Math.abs(distance) < 5_000) return 'just now'
  return distance < 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(distance)}`
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** The exact instant in the person's zone. */
export function formatExact(iso: string): string {
  return exact.format(new Date(iso))
}

/** Only the day, in the person's zone. */
export function formatDay(iso: string): string {
  return day.format(new Date(iso))
}

const plainDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })

/** Reads an instant as properties hold it, yyyyMMddHHmmss in UTC; null for anything else. */
export function parseStamp(text: string): Date | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (!parts) return null
  const [year = 0, month = 1, ...rest] = parts.slice(1).map(Number)
  const date = new Date(Date.UTC(year, month - 1, ...rest))
  return Number.isNaN(date.getTime()) ? null : date
}

/** An instant of a property for people: at midnight UTC it is a day, as source systems write days, else exact in their zone. */
export function formatStamp(text: string): string {
  const date = parseStamp(text)
  if (!date) return text
  return date.getTime() % 86_400_000 === 0 ? plainDay.format(date) : exact.format(date)
}

/** A day as a date field holds it, yyyy-MM-dd, for people. */
export function formatPlainDay(day: string): string {
  return plainDay.format(new Date(day))
}

/** Time of day with seconds, for logs. */
export function formatTime(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour12: false })
}

/** Any JSON value on one line, as people would write it. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : String(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(formatValue).join(', ')
  return JSON.stringify(value)
}

/** camelCase and snake_case names as words: "nullKeys" becomes "Null keys". */
export function formatName(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
