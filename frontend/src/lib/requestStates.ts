import {
  IconArrowBackUp,
  IconCheck,
  IconChecks,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconPlayerStop,
  IconSend,
} from '@tabler/icons-react'
import type { RequestState } from '../graphql/types.generated'
import type { Look } from './states'
import { t } from './texts'

const state = (of: RequestState) => ({ word: t.request.state[of], hint: t.request.stateHint[of] })

/** The states of what was asked for: the same colour, icon and word everywhere. */
export const requestStates: Record<RequestState, Look> = {
  SUBMITTED: { tone: 'blue', icon: IconSend, ...state('SUBMITTED') },
  IN_APPROVAL: { tone: 'amber', icon: IconHandStop, ...state('IN_APPROVAL') },
  APPROVED: { tone: 'teal', icon: IconCheck, ...state('APPROVED') },
  FULFILLED: { tone: 'green', icon: IconChecks, ...state('FULFILLED') },
  DECLINED: { tone: 'red', icon: IconCircleX, ...state('DECLINED') },
  EXPIRED: { tone: 'slate', icon: IconClock, ...state('EXPIRED') },
  CANCELLED: { tone: 'slate', icon: IconPlayerStop, ...state('CANCELLED') },
  WITHDRAWN: { tone: 'slate', icon: IconArrowBackUp, ...state('WITHDRAWN') },
}
