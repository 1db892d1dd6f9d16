import { permissions } from '../lib/permit'
import { PersonChangedDocument } from './live.generated'
import { useCan } from './SessionContext'
import { useTold } from './useTold'

/** Calls back when what a person is or holds was computed anew. */
export function usePersonChanges(id: string, onChange: () => void, options?: { pause: boolean }) {
  const { can } = useCan()
  useTold(PersonChangedDocument, { resourceId: id }, onChange, options?.pause || !can(permissions.assignments))
}
