import { formatFile, formatStamp } from '../../lib/format'
import { EntityTypesDocument } from './entityTypes.generated'
import { useReading } from '../../graphql/useReading'

/** How people read the values of properties of an entity type: instants as dates, files by their size, everything else as it is. */
export function useValueFormat(entityType: string | undefined): (property: string, value: string) => string {
  const [{ data }] = useReading({ query: EntityTypesDocument })
  const type = data?.entityTypes.find((e) => e.identifier === entityType)
  const dates = new Set(type?.properties.filter((p) => p.type === 'DATE_TIME').map((p) => p.identifier))
  const files = new Set(type?.properties.filter((p) => p.type === 'BINARY').map((p) => p.identifier))
  return (property, value) =>
    dates.has(property) ? formatStamp(value) : files.has(property) ? formatFile(value) : value
}
