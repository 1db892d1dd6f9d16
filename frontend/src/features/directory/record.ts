import type { PropertyValueInput } from '../../graphql/types.generated'
import { dayOf, endOfDay, startOfDay } from '../../lib/day'
import { parseDay, parseStamp } from '../../lib/format'
import { t } from '../../lib/texts'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { changedValues, type Draft } from './draft'

/** A kind of records that give resources their contexts, such as the positions of a person. */
export interface RecordKind {
  type: EntityTypeFieldsFragment
  spec: EntityTypeFieldsFragment['records'][number]
}

/** The kinds of records of an entity type that the person may see. */
export function recordKinds(types: EntityTypeFieldsFragment[], of: EntityTypeFieldsFragment): RecordKind[] {
  return of.records.flatMap((spec) => {
    const type = types.find((e) => e.identifier === spec.entityType)
    return type ? [{ type, spec }] : []
  })
}

/** What a form asks of a record: first what rules look at, then the dates, then the rest. Whom it is about is known. */
export function askedProperties({ type, spec }: RecordKind): EntityTypeFieldsFragment['properties'] {
  const first = [...spec.dimensionProperties, spec.startProperty, spec.endProperty]
  const rank = (identifier: string) => (first.includes(identifier) ? first.indexOf(identifier) : first.length)
  return type.properties
    .filter((p) => !p.isKey && p.identifier !== spec.property)
    .sort((a, b) => rank(a.identifier) - rank(b.identifier))
}

/** The dates of a record, of which forms ask the day, with what to say about them. */
export function askedDays({ spec }: RecordKind): Record<string, string> {
  return {
    ...(spec.startProperty && { [spec.startProperty]: '' }),
    ...(spec.endProperty && { [spec.endProperty]: t.person.endHint }),
  }
}

/** A new record counts from today on. */
export function newRecord({ spec }: RecordKind, now: Date): Draft {
  return spec.startProperty ? { [spec.startProperty]: dayOf(now) } : {}
}

/** The input for a record about the resource with this key. */
export function recordValues({ type, spec }: RecordKind, draft: Draft, ownerKey: string): PropertyValueInput[] {
  return [{ property: spec.property, keys: [ownerKey] }, ...changedValues(type, {}, draft)]
}

/** The first key of the pattern OWNER-1, OWNER-2 that no record of the owner has. */
export function freeKey(ownerKey: string, records: readonly { key: string }[]): string {
  for (let n = 1; ; n++) {
    const key = `${ownerKey}-${n}`
    if (!records.some((r) => r.key === key)) return key
  }
}

/** One property of a record as text; a navigation by the name of what it points to. */
export function recordValue(record: PersonFragment, property: string | null): string {
  const link = record.links.find((l) => l.property === property)
  if (link) return link.targets.map((target) => target.displayName).join(', ')
  return record.values.find((v) => v.property === property)?.value ?? ''
}

export type RecordPhase = 'future' | 'current' | 'past'

/** Where a record stands at an instant: it counts from its start on, and through an end that is a day. */
export function phaseOf({ spec }: RecordKind, record: PersonFragment, now: number): RecordPhase {
  const start = parseStamp(recordValue(record, spec.startProperty))
  const last = recordValue(record, spec.endProperty)
  const day = parseDay(last)
  const end = day ? endOfDay(day) : parseStamp(last)
  if (end && end.getTime() <= now) return 'past'
  return start && start.getTime() > now ? 'future' : 'current'
}

/** What ends a record after its last day, or now. A record that has not begun then ends with its beginning: it never counts. */
export function endValues({ spec }: RecordKind, record: PersonFragment, day: string, now: Date): PropertyValueInput[] {
  if (!spec.endProperty) return []
  const start = parseStamp(recordValue(record, spec.startProperty))
  const neverCounts = start && start.getTime() > (day ? startOfDay(day) : now).getTime()
  return [{ property: spec.endProperty, value: neverCounts ? start.toISOString() : day || now.toISOString() }]
}
