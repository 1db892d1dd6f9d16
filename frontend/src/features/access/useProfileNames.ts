import { useReading } from '../../graphql/useReading'
import { ProfileNamesDocument } from './useProfileNames.generated'

/** The profiles there are, to choose one. */
export function useProfileNames(): { value: string; label: string }[] {
  const [{ data }] = useReading({ query: ProfileNamesDocument })
  return (data?.profilesPage.nodes ?? []).map((p) => ({ value: p.identifier, label: p.displayName }))
}
