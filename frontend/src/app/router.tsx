import { createRouter } from '@tanstack/react-router'
import type { Ahead } from '../graphql/ahead'
import type { Session } from '../graphql/session'
import { Forbidden, root, shell, signIn } from './frame'
import { ForbiddenPage, NotFoundPage, PendingPage, RouteProblem } from './notices'
import { pages } from './pages'

const tree = root.addChildren([signIn, shell.addChildren(pages)])

/** Makes the router; the context brings the session to the routes' guards. */
export function makeRouter(session: Session, ahead: Ahead) {
  return createRouter({
    routeTree: tree,
    context: { session, ahead },
    defaultPreload: 'intent',
    defaultPreloadDelay: 60,
    defaultPendingComponent: PendingPage,
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: ({ error, reset }) =>
      error instanceof Forbidden ? (
        <ForbiddenPage />
      ) : (
        <RouteProblem error={error instanceof Error ? error : new Error(String(error))} reset={reset} />
      ),
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
