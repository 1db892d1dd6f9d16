import { describe, expect, it } from 'vitest'
import type { PersonFragment } from './PersonPage.generated'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { askedProperties, endValues, freeKey, newRecord, phaseOf, recordValues, type RecordKind } from './record'

const property = (identifier: string, type = 'STRING', isKey = false) => ({
  id: identifier,
  identifier,
  displayName: identifier,
  type,
  isKey,
  isCollection: false,
  targetEntityType: type === 'FOREIGN_KEY' ? identifier : null,
})
const kind = {
  type: {
    identifier: 'Position',
    properties: [
      property('Id', 'STRING', true),
      property('Contract'),
      property('Person', 'FOREIGN_KEY'),
      property('End', 'DATE_TIME'),
      property('Start', 'DATE_TIME'),
      property('Site', 'FOREIGN_KEY'),
      property('Department', 'FOREIGN_KEY'),
    ],
  } as EntityTypeFieldsFragment,
  spec: {
    entityType: 'Position',
    property: 'Person',
    startProperty: 'Start',
    endProperty: 'End',
    dimensionProperties: ['Department', 'Site'],
  },
} satisfies RecordKind

const record = (values: Record<string, string>) =>
  ({
    values: Object.entries(values).map(([name, value]) => ({ property: name, displayName: name, value })),
    links: [],
  }) as unknown as PersonFragment

const noon = new Date('2026-03-10T12:00:00Z')

it('asks first what rules look at, then the dates, never whom it is about', () => {
  expect(askedProperties(kind).map((p) => p.identifier)).toEqual(['Department', 'Site', 'Start', 'End', 'Contract'])
})

it('sends the owner and what is filled in', () => {
  const draft = { ...newRecord(kind, new Date('2026-03-10T15:00:00Z')), Department: 'FIN, A', Contract: ' ' }
  expect(recordValues(kind, draft, 'E1')).toEqual([
    { property: 'Person', keys: ['E1'] },
    { property: 'Start', value: '2026-03-10' },
    { property: 'Department', keys: ['FIN, A'] },
  ])
})

it('proposes a key that is free', () => {
  expect(freeKey('E1', [])).toBe('E1-1')
  expect(freeKey('E1', [{ key: 'E1-1' }, { key: 'E1-3' }])).toBe('E1-2')
})

describe('phaseOf', () => {
  it.each([
    [{}, 'current'],
    [{ Start: '20260310120000' }, 'current'],
    [{ Start: '20260310120001' }, 'future'],
    [{ Start: '20260101000000', End: '20260310120000' }, 'past'],
    [{ End: '20260310120001' }, 'current'],
    [{ Start: '20260310', End: '20260310' }, 'current'],
    [{ End: '20260309' }, 'past'],
    [{ Start: '20260311' }, 'future'],
  ])('%o is %s', (values, phase) => {
    expect(phaseOf(kind, record(values), noon.getTime())).toBe(phase)
  })
})

describe('endValues', () => {
  it('ends now, or with a day', () => {
    const begun = record({ Start: '20260101000000' })
    expect(endValues(kind, begun, '', noon)).toEqual([{ property: 'End', value: noon.toISOString() }])
    expect(endValues(kind, begun, '2026-04-01', noon)).toEqual([{ property: 'End', value: '2026-04-01' }])
  })
  it('ends what has not begun with its beginning', () => {
    const later = record({ Start: '20260901000000' })
    expect(endValues(kind, later, '', noon)).toEqual([{ property: 'End', value: '2026-09-01T00:00:00.000Z' }])
  })
})
