import { maySeeHolders } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { RoleKind } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { RoleByNameDocument } from './RolePage.generated'

/** The role of an identifier; a single and a composite one may have the same. */
export function useRole(identifier: string, kind: RoleKind | undefined) {
  const me = useMe()
  const [{ data, error, fetching }, read] = useReading({
    query: RoleByNameDocument,
    variables: { identifier, kind: kind ?? null, withHolders: maySeeHolders(me) },
    requestPolicy: 'cache-and-network',
  })
  return {
    role: data?.rolesPage.nodes[0],
    error,
    loading: fetching,
    read: () => read({ requestPolicy: 'network-only' }),
  }
}
