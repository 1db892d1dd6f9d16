import { useReading } from '../../graphql/useReading'
import { TargetOfResourceTypeDocument } from './RefPicker.generated'

/** The entity type of the accounts of a resource type; empty while it is not known, or none is named. */
export function useTargetType(resourceType: unknown): string {
  const identifier = typeof resourceType === 'string' ? resourceType : ''
  const [{ data }] = useReading({
    query: TargetOfResourceTypeDocument,
    variables: { identifier },
    pause: identifier === '',
  })
  const found = data?.resourceTypesPage.nodes[0]
  return found?.identifier === identifier ? found.targetEntityType : ''
}
