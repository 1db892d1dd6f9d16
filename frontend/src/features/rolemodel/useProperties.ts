import { useReading } from '../../graphql/useReading'
import { ModelEntityTypesDocument } from './RefPicker.generated'

/** The properties of an entity type. */
export function useProperties(entityType: string) {
  const [{ data }] = useReading({ query: ModelEntityTypesDocument })
  return data?.entityTypes.find((e) => e.identifier === entityType)?.properties ?? []
}
