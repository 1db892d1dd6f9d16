import { useCallback } from 'react'
import { useReading } from './useReading'
import { formatName } from '../lib/format'
import { EntityTypeNamesDocument } from './names.generated'

/** Gives the name of an entity type; its identifier as words for whoever may not read the names. */
export function useKindName(): (identifier: string) => string {
  const [{ data }] = useReading({ query: EntityTypeNamesDocument })
  const types = data?.entityTypes
  return useCallback(
    (identifier: string) =>
      types?.find((type) => type.identifier === identifier)?.displayName ?? formatName(identifier),
    [types],
  )
}
