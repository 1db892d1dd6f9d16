import { startOfDay, timeZone } from './day'

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

/** How long something took: below ten seconds to the millisecond, then as a duration. */
export function formatTook(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < 1_000) return `${Math.round(abs)}\u00a0ms`
  return abs < 10_000 ? `${(abs / 1_000).toFixed(2)}\u00a0s` : formatDuration(abs)
}

/** How far an instant is from now: "just now" within a minute, "5 min ago", "in 2 d". */
export function formatRelative(iso: string, now: number): string {
  const distance = Date.parse(iso) - now
  if (Math.abs(distance) < 60_000) return 'just now'
  return distance < 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(distance)}`
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** The exact instant in the person's zone. */
export function formatExact(iso: string): string {
  return exact.format(new Date(iso))
}

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Hour and minute in the person's zone. */
export function formatHour(at: number | string): string {
  return hour.format(new Date(at))
}

/** Only the day, in the zone of the installation. */
export function formatDay(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: timeZone() }).format(new Date(iso))
}

/** The last day that counts, of an end: at midnight that is the day before. */
export function formatLastDay(iso: string): string {
  return formatDay(new Date(Date.parse(iso) - 1).toISOString())
}

/** From the first to the last day; an end that is open says so, and empty when both are. */
export function formatPeriod(from: string | null | undefined, to: string | null | undefined): string {
  return span(from ? formatDay(from) : '', to ? formatLastDay(to) : '')
}

/** Two ends in words; an empty one is open. */
export function span(from: string, to: string): string {
  if (!from && !to) return ''
  if (!from) return `until ${to}`
  return `${from} – ${to || 'open'}`
}

const plainDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })

/** The day, yyyy-MM-dd, when a property holds one: yyyyMMdd; null for anything else. */
export function parseDay(text: string): string | null {
  const parts = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
  return parts ? parts.slice(1).join('-') : null
}

/** Reads a date as properties hold it: an instant, yyyyMMddHHmmss in UTC, or the beginning of a day; null for anything else. */
export function parseStamp(text: string): Date | null {
  const day = parseDay(text)
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)
  if (!parts && !day) return null
  const [year = 0, month = 1, ...rest] = (parts ?? []).slice(1).map(Number)
  const date = day ? startOfDay(day) : new Date(Date.UTC(year, month - 1, ...rest))
  return Number.isNaN(date.getTime()) ? null : date
}

/** A date of a property for people: a day as it is, an instant exact in their zone. */
export function formatStamp(text: string): string {
  const date = parseStamp(text)
  if (!date) return text
  const day = parseDay(text)
  return day ? formatPlainDay(day) : exact.format(date)
}

/** A day as a date field holds it, yyyy-MM-dd, for people. */
export function formatPlainDay(day: string): string {
  return plainDay.format(new Date(day))
}

/** The size of a file for people. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** What stands for a file, for people: its size and the beginning of its digest. Other texts stay as they are. */
export function formatFile(value: string): string {
  const [, size, digest] = /^(\d+) bytes sha256:([0-9a-f]{64})$/.exec(value) ?? []
  return size && digest ? `${formatBytes(Number(size))} (${digest.slice(0, 8)})` : value
}

/** Now, as a part of a file's name: 2026-03-01-1405, in the person's zone. */
export function formatStampNow(): string {
  const at = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString()
  return `${at.slice(0, 10)}-${at.slice(11, 16).replace(':', '')}`
}

const logTime = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
})

/** Time of day with milliseconds, for logs. */
export function formatTime(iso: string): string {
  return logTime.format(new Date(iso))
}

/** Any JSON value on one line, as people would write it. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return formatFile(value)
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : String(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(formatValue).join(', ')
  return JSON.stringify(value)
}

/** A word of an enum as fields and events spell it: "NULL_KEYS" becomes "nullKeys". */
export function inCamelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
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
