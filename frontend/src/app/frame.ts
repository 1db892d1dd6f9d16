import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
  type RouteComponent,
} from '@tanstack/react-router'
import type { Ahead, Asked } from '../graphql/ahead'
import type { MeFragment } from '../graphql/me.generated'
import type { Session } from '../graphql/session'
import { orMissing } from '../lib/freshCode'
import { text, type RawSearch } from '../lib/search'
import { loadTexts } from '../lib/texts'
import type { Listed } from './listed'
import { NotFoundScreen } from './notices'

interface Context {
  session: Session
  /** Asks for the data of a page while its code is on the way. */
  ahead: Ahead
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Who may open it; left out: everybody who is signed in. */
    may?: (me: MeFragment) => boolean
    /** Left out: it is reached from other pages. */
    listed?: Listed
  }
}

/** Thrown where the signed-in person may not go; drawn by the shell as 403. */
export class Forbidden extends Error {}

/** A component of a route whose code comes with the route. */
export function lazyPage<Module extends Record<Name, RouteComponent>, Name extends string>(
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(() => orMissing(load), name)
}

export const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFoundScreen })

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: RawSearch): { to?: string; problem?: string } => {
    const to = text(raw.to, 2000)
    const problem = text(raw.problem, 40)
    // Only paths of our own: a link from outside must not send people elsewhere after they signed in.
    return { ...(to && /^\/(?![/\\])/.test(to) && { to }), ...(problem && { problem }) }
  },
  beforeLoad: async ({ context, search }) => {
    const state = await context.session.ensure()
    if (state.status !== 'in') return
    await orMissing(loadTexts) // the sign-in page does without those of the pages
    throw redirect({ href: search.to ?? '/' })
  },
  component: lazyPage(() => import('../features/auth/SignInPage'), 'SignInPage'),
})

/** The frame around every page of a signed-in person. */
export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.ensure()
    if (state.status !== 'in') {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } })
    }
    return { me: state.me }
  },
  component: lazyPage(() => import('./SignedIn'), 'SignedIn'),
})

const everybody = () => true

/** A page that only some may open, and where it is listed. */
export function open(may: (me: MeFragment) => boolean = everybody, listed?: Listed) {
  return {
    staticData: { may, listed },
    beforeLoad: ({ context }: { context: { me: MeFragment } }) => {
      if (!may(context.me)) throw new Forbidden()
    },
  }
}

interface At {
  context: Context
  params: object
  location: { search: object }
}

/** What a page will ask for is asked for while its code is on the way: when its link is pointed at, at the latest when it is pressed. */
export function bring(
  { context, params, location }: At,
  ask: (at: { params: Record<string, string>; search: RawSearch }) => Promise<Asked>,
): void {
  context.ahead.begin(() => ask({ params: params as Record<string, string>, search: location.search as RawSearch }))
}
