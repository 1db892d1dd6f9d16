import { useCallback } from 'react'
import { useReading } from '../../graphql/useReading'
import type { PersonFragment } from './PersonPage.generated'
import { PersonRecordsDocument } from './useRecords.generated'
import type { RecordKind } from './record'

/** The records of a resource, e.g. the positions of a person; null until they are here. */
export function useRecords(kind: RecordKind | undefined, owner: PersonFragment | null | undefined) {
  const [{ data, error }, read] = useReading({
    query: PersonRecordsDocument,
    variables: {
      entityType: kind?.spec.entityType ?? '',
      property: kind?.spec.property ?? '',
      key: owner?.key ?? '',
    },
    pause: !kind || !owner,
    requestPolicy: 'cache-and-network',
  })
  const again = useCallback(() => read({ requestPolicy: 'network-only' }), [read])
  return { records: kind && owner ? (data?.resources.nodes ?? null) : null, error, again }
}
