import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useSession } from '../graphql/SessionContext'
import { openQueue } from './openQueue'
import { PendingPage } from './notices'

const route = getRouteApi('/shell/queue')

/** The way of a link to the queue's own pages through the sign-in: it opens what was asked for. */
export function QueueGate() {
  const session = useSession()
  const { to } = route.useSearch()
  useEffect(() => void openQueue(session, to), [session, to])
  return <PendingPage />
}
