/** Days of the installation: where they begin and end is told by the server (Me.timeZone), not by the browser. */
let zone = 'UTC'

export function setTimeZone(name: string): void {
  zone = name
}

export function timeZone(): string {
  return zone
}

/** What the clock of the installation shows at an instant, as if it were UTC. */
function wall(ms: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms)
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
}

/** The first instant of a day, yyyy-MM-dd. */
export function startOfDay(day: string): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight)) return new Date(NaN)
  const guess = midnight - (wall(midnight) - midnight)
  return new Date(midnight - (wall(guess) - guess))
}

/** The first instant after a day: until then an end on that day counts. */
export function endOfDay(day: string): Date {
  return startOfDay(addDays(day, 1))
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10)
}

/** The day of an instant, yyyy-MM-dd. */
export function dayOf(date: Date): string {
  return new Date(wall(date.getTime())).toISOString().slice(0, 10)
}
