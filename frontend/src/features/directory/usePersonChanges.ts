import { useEffect, useRef } from 'react'
import { useSubscription } from 'urql'
import { useCan } from '../../graphql/SessionContext'
import { permissions } from '../../lib/permit'
import { PersonChangedDocument } from './directory.generated'

/** Calls back when what a person is or holds was computed anew. */
export function usePersonChanges(id: string, onChange: () => void) {
  const { can } = useCan()
  const [{ data }] = useSubscription({
    query: PersonChangedDocument,
    variables: { resourceId: id },
    pause: !can(permissions.assignments),
  })
  const cursor = data?.permissionsChanged.cursor
  const call = useRef(onChange)
  useEffect(() => {
    call.current = onChange
  })
  useEffect(() => {
    if (cursor) call.current()
  }, [cursor])
}
