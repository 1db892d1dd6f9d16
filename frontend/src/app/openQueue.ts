import type { Session } from '../graphql/session'
import { t } from '../lib/texts'
import { notifyProblem } from '../ui/notify'

/** Goes to the queue's own pages. The server first puts the session into a cookie that only they can read. */
export async function openQueue(session: Session, to = '/riverui/'): Promise<void> {
  try {
    if (session.isStale()) await session.refresh()
    const response = await fetch('/auth/queue', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { authorization: `Bearer ${session.getToken() ?? ''}` },
    })
    if (response.ok) window.location.assign(to)
    else notifyProblem({ code: response.status === 403 ? 'FORBIDDEN' : 'UNAVAILABLE', message: t.problem.title })
  } catch {
    notifyProblem({ code: 'UNREACHABLE', message: t.problem.title })
  }
}
