import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { parsePermissionsSearch } from '../features/assignment/permissionsSearch'
import { parseAuditSearch } from '../features/audit/auditSearch'
import { parsePersonListSearch } from '../features/directory/personSearch'
import { parseOrderSearch } from '../features/order/orderSearch'
import type { MeFragment } from '../graphql/me.generated'
import type { Session } from '../graphql/session'
import { text, type RawSearch } from '../lib/search'
import {
  mayDoManual,
  mayReview,
  maySeeAccess,
  maySeeAudit,
  maySeeFence,
  maySeeJobs,
  maySeeModel,
  maySeeOrders,
  maySeePeople,
  maySeeQueue,
  maySeeSystems,
  maySeeWebhooks,
} from '../graphql/may'
import { ForbiddenPage, NotFoundPage, NotFoundScreen, PendingPage, RouteProblem } from './pages'

interface Context {
  session: Session
}

/** Thrown where the signed-in person may not go; drawn by the shell as 403. */
export class Forbidden extends Error {}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFoundScreen })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: RawSearch): { to?: string } => {
    const to = text(raw.to, 2000)
    // Only paths of our own: a link from outside must not send people elsewhere after they signed in.
    return to && /^\/(?![/\\])/.test(to) ? { to } : {}
  },
  beforeLoad: async ({ context, search }) => {
    const state = await context.session.ensure()
    if (state.status === 'in') throw redirect({ href: search.to ?? '/' })
  },
  component: lazyRouteComponent(() => import('../features/auth/SignInPage'), 'SignInPage'),
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.ensure()
    if (state.status !== 'in') {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } })
    }
    return { me: state.me }
  },
  component: lazyRouteComponent(() => import('./SignedIn'), 'SignedIn'),
})

/** Lets a route in only if the person may use the page. */
function need(allowed: (me: MeFragment) => boolean) {
  return ({ context }: { context: { me: MeFragment } }) => {
    if (!allowed(context.me)) throw new Forbidden()
  }
}

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('../features/home/HomePage'), 'HomePage'),
})

const review = createRoute({
  getParentRoute: () => shell,
  path: '/review',
  validateSearch: parseOrderSearch,
  beforeLoad: need(mayReview),
  component: lazyRouteComponent(() => import('../features/order/ReviewPage'), 'ReviewPage'),
})
const reviewOrder = createRoute({
  getParentRoute: () => review,
  path: '$orderId',
  component: lazyRouteComponent(() => import('../features/order/ReviewDrawer'), 'ReviewDrawer'),
})

const errors = createRoute({
  getParentRoute: () => shell,
  path: '/errors',
  validateSearch: parseOrderSearch,
  beforeLoad: need(mayReview),
  component: lazyRouteComponent(() => import('../features/order/ErrorsPage'), 'ErrorsPage'),
})
const errorsOrder = createRoute({
  getParentRoute: () => errors,
  path: '$orderId',
  component: lazyRouteComponent(() => import('../features/order/ReviewDrawer'), 'ReviewDrawer'),
})

const manual = createRoute({
  getParentRoute: () => shell,
  path: '/manual',
  validateSearch: parseOrderSearch,
  beforeLoad: need(mayDoManual),
  component: lazyRouteComponent(() => import('../features/order/ManualPage'), 'ManualPage'),
})
const manualOrder = createRoute({
  getParentRoute: () => manual,
  path: '$orderId',
  component: lazyRouteComponent(() => import('../features/order/ManualDrawer'), 'ManualDrawer'),
})

const orders = createRoute({
  getParentRoute: () => shell,
  path: '/orders',
  validateSearch: parseOrderSearch,
  beforeLoad: need(maySeeOrders),
  component: lazyRouteComponent(() => import('../features/order/OrderListPage'), 'OrderListPage'),
})
const ordersOrder = createRoute({
  getParentRoute: () => orders,
  path: '$orderId',
  component: lazyRouteComponent(() => import('../features/order/OrderDrawer'), 'OrderDrawer'),
})
const order = createRoute({
  getParentRoute: () => shell,
  path: '/order/$orderId',
  beforeLoad: need(maySeeOrders),
  component: lazyRouteComponent(() => import('../features/order/OrderPage'), 'OrderPage'),
})

const people = createRoute({
  getParentRoute: () => shell,
  path: '/people',
  beforeLoad: need(maySeePeople),
  component: Outlet,
})
const peopleIndex = createRoute({
  getParentRoute: () => people,
  path: '/',
  component: lazyRouteComponent(() => import('../features/directory/PersonListPage'), 'FirstEntityType'),
})
const peopleOf = createRoute({
  getParentRoute: () => people,
  path: '$entityType',
  validateSearch: parsePersonListSearch,
  component: lazyRouteComponent(() => import('../features/directory/PersonListPage'), 'PersonListPage'),
})

const person = createRoute({
  getParentRoute: () => shell,
  path: '/person/$id',
  beforeLoad: need(maySeePeople),
  component: lazyRouteComponent(() => import('../features/directory/PersonPage'), 'PersonPage'),
})
const personPermissions = createRoute({
  getParentRoute: () => person,
  path: '/',
  validateSearch: parsePermissionsSearch,
  component: lazyRouteComponent(() => import('../features/assignment/PermissionsTab'), 'PermissionsTab'),
})
const personOrders = createRoute({
  getParentRoute: () => person,
  path: 'orders',
  validateSearch: parseOrderSearch,
  component: lazyRouteComponent(() => import('../features/order/OwnerOrdersTab'), 'OwnerOrdersTab'),
})
const personOrder = createRoute({
  getParentRoute: () => personOrders,
  path: '$orderId',
  component: lazyRouteComponent(() => import('../features/order/OrderDrawer'), 'OrderDrawer'),
})
const personProperties = createRoute({
  getParentRoute: () => person,
  path: 'properties',
  component: lazyRouteComponent(() => import('../features/directory/PropertiesTab'), 'PropertiesTab'),
})
const personContexts = createRoute({
  getParentRoute: () => person,
  path: 'contexts',
  component: lazyRouteComponent(() => import('../features/directory/ContextsTab'), 'ContextsTab'),
})
const personHistory = createRoute({
  getParentRoute: () => person,
  path: 'history',
  component: lazyRouteComponent(() => import('../features/directory/HistoryTab'), 'HistoryTab'),
})

const jobs = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  beforeLoad: need(maySeeJobs),
  component: lazyRouteComponent(() => import('../features/job/JobListPage'), 'JobListPage'),
})
const job = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/$job',
  beforeLoad: need(maySeeJobs),
  component: lazyRouteComponent(() => import('../features/job/JobPage'), 'JobPage'),
})
const jobInstance = createRoute({
  getParentRoute: () => shell,
  path: '/runs/$id',
  validateSearch: (raw: RawSearch): { task?: string } => {
    const task = text(raw.task)
    return task ? { task } : {}
  },
  beforeLoad: need(maySeeJobs),
  component: lazyRouteComponent(() => import('../features/job/JobInstancePage'), 'JobInstancePage'),
})

const systems = createRoute({
  getParentRoute: () => shell,
  path: '/systems',
  beforeLoad: need(maySeeSystems),
  component: lazyRouteComponent(() => import('../features/connector/ConnectorListPage'), 'ConnectorListPage'),
})
const system = createRoute({
  getParentRoute: () => shell,
  path: '/systems/$connector',
  beforeLoad: need(maySeeSystems),
  component: lazyRouteComponent(() => import('../features/connector/ConnectorPage'), 'ConnectorPage'),
})
const rowsToMend = createRoute({
  getParentRoute: () => shell,
  path: '/systems/$connector/rows',
  beforeLoad: need(maySeeSystems),
  component: lazyRouteComponent(() => import('../features/connector/RowsToMendPage'), 'RowsToMendPage'),
})
const delivery = createRoute({
  getParentRoute: () => shell,
  path: '/deliveries/$id',
  beforeLoad: need((me) => maySeeSystems(me) || maySeeJobs(me)),
  component: lazyRouteComponent(() => import('../features/connector/DeliveryPage'), 'DeliveryPage'),
})

const modelSearch = (raw: RawSearch): { text?: string; kind?: string } => {
  const search = { text: text(raw.text), kind: text(raw.kind) }
  return { ...(search.text && { text: search.text }), ...(search.kind && { kind: search.kind }) }
}
const roles = createRoute({
  getParentRoute: () => shell,
  path: '/model/roles',
  validateSearch: modelSearch,
  beforeLoad: need(maySeeModel),
  component: lazyRouteComponent(() => import('../features/rolemodel/RoleListPage'), 'RoleListPage'),
})
const role = createRoute({
  getParentRoute: () => roles,
  path: '$role',
  component: lazyRouteComponent(() => import('../features/rolemodel/RoleDrawer'), 'RoleDrawer'),
})
const resourceTypes = createRoute({
  getParentRoute: () => shell,
  path: '/model/resource-types',
  validateSearch: modelSearch,
  beforeLoad: need(maySeeModel),
  component: lazyRouteComponent(() => import('../features/rolemodel/ResourceTypeListPage'), 'ResourceTypeListPage'),
})
const resourceType = createRoute({
  getParentRoute: () => resourceTypes,
  path: '$resourceType',
  component: lazyRouteComponent(() => import('../features/rolemodel/ResourceTypeDrawer'), 'ResourceTypeDrawer'),
})

const access = createRoute({
  getParentRoute: () => shell,
  path: '/access',
  beforeLoad: need(maySeeAccess),
  component: lazyRouteComponent(() => import('../features/access/AccessPage'), 'AccessPage'),
})
const accessAssigned = createRoute({
  getParentRoute: () => access,
  path: '/',
  validateSearch: (raw: RawSearch): { text?: string; profile?: string } => {
    const search = { text: text(raw.text), profile: text(raw.profile) }
    return { ...(search.text && { text: search.text }), ...(search.profile && { profile: search.profile }) }
  },
  component: lazyRouteComponent(() => import('../features/access/AssignedProfilesTab'), 'AssignedProfilesTab'),
})
const accessProfiles = createRoute({
  getParentRoute: () => access,
  path: 'profiles',
  component: lazyRouteComponent(() => import('../features/access/ProfilesTab'), 'ProfilesTab'),
})
const accessRules = createRoute({
  getParentRoute: () => access,
  path: 'rules',
  validateSearch: (raw: RawSearch): { profile?: string } => {
    const profile = text(raw.profile)
    return profile ? { profile } : {}
  },
  component: lazyRouteComponent(() => import('../features/access/AccessRulesTab'), 'AccessRulesTab'),
})

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks',
  beforeLoad: need(maySeeWebhooks),
  component: lazyRouteComponent(() => import('../features/webhook/WebhookListPage'), 'WebhookListPage'),
})
const webhook = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks/$id',
  beforeLoad: need(maySeeWebhooks),
  component: lazyRouteComponent(() => import('../features/webhook/WebhookPage'), 'WebhookPage'),
})

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: parseAuditSearch,
  beforeLoad: need(maySeeAudit),
  component: lazyRouteComponent(() => import('../features/audit/AuditPage'), 'AuditPage'),
})

const queue = createRoute({
  getParentRoute: () => shell,
  path: '/queue',
  validateSearch: (raw: RawSearch): { to?: string } => {
    const to = text(raw.to, 2000)
    return to && /^\/riverui(\/|$)/.test(to) ? { to } : {}
  },
  beforeLoad: need(maySeeQueue),
  component: lazyRouteComponent(() => import('./QueueGate'), 'QueueGate'),
})

const fence = createRoute({
  getParentRoute: () => shell,
  path: '/fence',
  beforeLoad: need(maySeeFence),
  component: lazyRouteComponent(() => import('../features/fence/FencePage'), 'FencePage'),
})

const help = createRoute({
  getParentRoute: () => shell,
  path: '/help',
  component: lazyRouteComponent(() => import('../features/help/HelpPage'), 'HelpPage'),
})

/** An address that no page has: the frame stays. */
const unknown = createRoute({ getParentRoute: () => shell, path: '$', component: NotFoundPage })

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    review.addChildren([reviewOrder]),
    errors.addChildren([errorsOrder]),
    manual.addChildren([manualOrder]),
    orders.addChildren([ordersOrder]),
    order,
    people.addChildren([peopleIndex, peopleOf]),
    person.addChildren([
      personPermissions,
      personOrders.addChildren([personOrder]),
      personProperties,
      personContexts,
      personHistory,
    ]),
    jobs,
    job,
    jobInstance,
    systems,
    rowsToMend,
    system,
    delivery,
    roles.addChildren([role]),
    resourceTypes.addChildren([resourceType]),
    access.addChildren([accessAssigned, accessProfiles, accessRules]),
    webhooks,
    webhook,
    audit,
    queue,
    fence,
    help,
    unknown,
  ]),
])

/** Makes the router; the context brings the session to the routes' guards. */
export function makeRouter(session: Session) {
  return createRouter({
    routeTree: tree,
    context: { session },
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
