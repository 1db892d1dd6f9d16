import { useEffect, useRef } from 'react'
import { useSubscription } from 'urql'
import { permissions } from '../lib/permit'
import { PersonChangedDocument } from './live.generated'
import { useCan } from './SessionContext'

/** Calls back when what a person is or holds was computed anew. */
export function usePersonChanges(id: string, onChange: () => void, options?: { pause: boolean }) {
  const { can } = useCan()
  const [{ data }] = useSubscription({
    query: PersonChangedDocument,
    variables: { resourceId: id },
    pause: options?.pause || !can(permissions.assignments),
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
