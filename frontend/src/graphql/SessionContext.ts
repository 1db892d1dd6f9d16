import { createContext, useContext, useSyncExternalStore } from 'react'
import { can, canUnder } from '../lib/permit'
import type { MeFragment } from './me.generated'
import { Session } from './session'

export const SessionContext = createContext(new Session())

export function useSession(): Session {
  return useContext(SessionContext)
}

/** The signed-in person. Only below the signed-in part of the tree. */
export function useMe(): MeFragment {
  const session = useContext(SessionContext)
  const state = useSyncExternalStore(session.subscribe, session.getState)
  // The shell unmounts a moment after the session ended: keep drawing nobody for that moment.
  return state.status === 'in' ? state.me : nobody
}

/** Asks whether the signed-in person holds a permission, or any below it. */
export function useCan(): { can: (path: string) => boolean; canUnder: (prefix: string) => boolean } {
  const { permissions } = useMe()
  return { can: (path) => can(permissions, path), canUnder: (prefix) => canUnder(permissions, prefix) }
}

const nobody: MeFragment = {
  id: '',
  serverTime: '1970-01-01T00:00:00Z',
  username: '',
  displayName: '',
  resource: null,
  profiles: [],
  permissions: [],
  scopes: {
    reviewProvisioning: [],
    reconciliateResources: [],
    massReconciliateResources: [],
    reconciliateRoles: [],
    massReconciliateRoles: [],
    reviewRoles: [],
    massReviewRoles: [],
    manualProvisioning: [],
    bulkManualProvisioning: [],
    bulkReviewProvisioning: [],
    queryResources: [],
    createResources: [],
    massUpdateResources: [],
    massRequest: [],
  },
  hasReports: false,
  actsFor: [],
  isAsked: false,
  testHooks: false,
  demo: false,
  timeZone: 'UTC',
}
