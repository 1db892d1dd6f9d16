import { parseDay, parseStamp } from '../../lib/format'
import type { PropertyType, PropertyValueInput } from '../../graphql/types.generated'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'

/** What stands in the fields, by property; keys of a navigation separated by commas. */
export type Draft = Record<string, string>

export function draftOf(type: EntityTypeFieldsFragment, person: PersonFragment | undefined): Draft {
  const draft: Draft = {}
  if (!person) return draft
  const values = new Map(person.values.map((v) => [v.property, v.value]))
  const links = new Map(person.links.map((l) => [l.property, l.targets.map((target) => target.key).join(', ')]))
  for (const p of type.properties) {
    const value = p.type === 'FOREIGN_KEY' ? links.get(p.identifier) : values.get(p.identifier)
    if (value !== undefined) draft[p.identifier] = p.type === 'DATE_TIME' ? toLocalInput(value) : value
  }
  return draft
}

/** Only what differs: what somebody else changed meanwhile in other properties is not put back. */
export function changedValues(type: EntityTypeFieldsFragment, before: Draft, after: Draft): PropertyValueInput[] {
  return type.properties
    .filter((p) => !p.isKey && (before[p.identifier] ?? '').trim() !== (after[p.identifier] ?? '').trim())
    .map((p) => {
      const value = (after[p.identifier] ?? '').trim()
      if (value === '') return { property: p.identifier }
      if (p.type === 'FOREIGN_KEY') return { property: p.identifier, keys: p.isCollection ? splitKeys(value) : [value] }
      return { property: p.identifier, value: p.type === 'DATE_TIME' ? toDate(value) : value }
    })
}

function splitKeys(text: string): string[] {
  return text
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean)
}

export function toInputType(type: PropertyType): 'text' | 'number' | 'datetime-local' {
  if (type === 'BYTE' || type === 'INT16' || type === 'INT32' || type === 'INT64' || type === 'DOUBLE') return 'number'
  return type === 'DATE_TIME' ? 'datetime-local' : 'text'
}

/** What a date or datetime-local field holds, as a property takes it: a day stays a day. */
function toDate(local: string): string {
  return isDay(local) ? local : new Date(local).toISOString()
}

/** A date field holds the day only. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text)
}

/** A date of a property as a date field or, in the person's zone, a datetime-local field wants it. */
function toLocalInput(stamp: string): string {
  const day = parseDay(stamp)
  if (day) return day
  const date = parseStamp(stamp)
  if (!date) return ''
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
