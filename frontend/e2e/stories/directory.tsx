import { PersonHeading } from '../../src/features/directory/PersonHeading'
import type { Story } from './Stage'
import { long } from './common'

const personRow = {
  id: '7',
  entityType: 'Directory_User',
  key: 'E10002',
  displayName: long,
  summary: 'Finance',
  validFrom: '2026-03-01T09:00:00Z',
  validTo: null,
  version: 1,
}

export const directoryStories: Record<string, Story> = {
  'person, there': {
    draw: () => (
      <h1>
        <PersonHeading person={personRow} />
      </h1>
    ),
  },
  'person, gone': {
    draw: () => (
      <h1>
        <PersonHeading person={{ ...personRow, validTo: '2026-03-02T00:00:00Z' }} />
      </h1>
    ),
  },
}
