import { toString as inWords } from 'cronstrue'

/** "0 2 * * *" as "At 02:00, Europe/Berlin"; a schedule that cannot be read is shown as it is. */
export function scheduleWords(cron: string, zone: string): string {
  try {
    const words = inWords(cron, { use24HourTimeFormat: true, verbose: false })
    return zone ? `${words}, ${zone}` : words
  } catch {
    return cron
  }
}
