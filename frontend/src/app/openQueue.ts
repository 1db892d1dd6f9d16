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
    // In place of our own address: who goes back wants the page before.
    if (response.ok) window.location.replace(to)
    else notifyProblem({ code: response.status === 403 ? 'FORBIDDEN' : 'UNAVAILABLE', message: t.problem.title })
  } catch {
    notifyProblem({ code: 'UNREACHABLE', message: t.problem.title })
  }
}
