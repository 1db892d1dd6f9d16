import {
  IconAlertTriangle,
  IconArrowForwardUp,
  IconBook2,
  IconBriefcase,
  IconChecklist,
  IconCircleX,
  IconCopyCheck,
  IconFileText,
  IconGitCompare,
  IconHandStop,
  IconHome,
  IconId,
  IconInbox,
  IconKey,
  IconLifebuoy,
  IconListCheck,
  IconPick,
  IconPlayerPlay,
  IconPuzzle,
  IconRobot,
  IconScale,
  IconServer,
  IconStack2,
  IconStackPush,
  IconTools,
  IconTransfer,
  IconUsers,
  IconUserShare,
  IconUsersGroup,
  IconWebhook,
} from '@tabler/icons-react'
import { createRoute, Outlet, redirect, type StaticDataRouteOption } from '@tanstack/react-router'
import { parseKeySearch } from '../features/access/keySearch'
import { parsePermissionsSearch } from '../features/assignment/permissionsSearch'
import { parseWhySearch } from '../features/assignment/whySearch'
import { parseAuditSearch } from '../features/audit/auditSearch'
import { parseBulkSearch } from '../features/bulk/bulkSearch'
import { parseDelegationSearch } from '../features/delegation/delegationSearch'
import { parseHeldSearch, parseTaskSearch, parseTeamSearch } from '../features/desk/deskSearch'
import { parsePersonListSearch } from '../features/directory/personSearch'
import { parseRedundantSearch } from '../features/redundancy/redundantSearch'
import { parseMiningSearch } from '../features/mining/miningSearch'
import { parseOrderSearch } from '../features/order/orderSearch'
import { parsePlanSearch } from '../features/plan/planSearch'
import { parseRequestListSearch, parseRequestSearch } from '../features/request/requestSearch'
import {
  parseDifferenceSearch,
  parseOrphanSearch,
  parseProlongedSearch,
  parseRecognitionSearch,
  parseRoleSearch,
} from '../features/reconciliation/reconcileSearch'
import { parseAutomationSearch } from '../features/rolemodel/automation'
import { parseMatrixSearch, parseRiskSearch, parseScoreSearch } from '../features/risk/riskSearch'
import {
  parseModelSearch,
  parseNewSearch,
  parseOneRoleSearch,
  parseRuleSearch,
} from '../features/rolemodel/modelSearch'
import {
  mayDoManual,
  mayEditAccess,
  mayEditModel,
  mayHave,
  mayHaveTasks,
  mayLead,
  mayReconcile,
  mayReconcileResources,
  mayReconcileRoles,
  mayRequest,
  mayReview,
  maySeeAccess,
  maySeeApprovals,
  maySeeAudit,
  maySeeBulk,
  maySeeDelegations,
  maySeeFence,
  maySeeIdentifiedRisks,
  maySeeJobs,
  maySeeModel,
  maySeeOrders,
  maySeePeople,
  maySeePlans,
  maySeeQueue,
  maySeeRedundant,
  maySeeRequests,
  maySeeRisks,
  maySeeSystems,
  maySeeWebhooks,
} from '../graphql/may'
import type { MeFragment } from '../graphql/me.generated'
import { text, type RawSearch } from '../lib/search'
import { t } from '../lib/texts'
import { bring, lazyPage, open, shell } from './frame'
import type { ListedPage } from './listed'
import { NotFoundPage } from './notices'

// Every page stands here once: its address, who may open it, what it asks for, its code, and how the navigation, the palette and the list of keys
// show it. A new one is a route here and a place in `pages`, in the order of the navigation.

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  ...open(undefined, { group: 'top', label: t.nav.home, icon: IconHome, go: { key: 'h', says: t.keys.goHome } }),
  component: lazyPage(() => import('../features/home/HomePage'), 'HomePage'),
})

const tasks = createRoute({
  getParentRoute: () => shell,
  path: '/tasks',
  validateSearch: parseTaskSearch,
  ...open(mayHaveTasks, {
    group: 'work',
    label: t.titles.tasks,
    icon: IconListCheck,
    go: { key: 't', says: t.keys.goTasks },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/desk/ahead').then((m) => m.tasks(search))),
  component: lazyPage(() => import('../features/desk/TasksPage'), 'TasksPage'),
})
const myAccess = createRoute({
  getParentRoute: () => shell,
  path: '/my-access',
  validateSearch: parseHeldSearch,
  ...open(mayHave, {
    group: 'work',
    label: t.titles.held,
    icon: IconId,
    go: { key: 'a', says: t.keys.goAccess },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/desk/ahead').then((m) => m.held(search))),
  component: lazyPage(() => import('../features/desk/MyAccessPage'), 'MyAccessPage'),
})
const team = createRoute({
  getParentRoute: () => shell,
  path: '/team',
  validateSearch: parseTeamSearch,
  ...open(mayLead, {
    group: 'work',
    label: t.titles.team,
    icon: IconUsersGroup,
    go: { key: 'u', says: t.keys.goTeam },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/desk/ahead').then((m) => m.team(search))),
  component: lazyPage(() => import('../features/desk/TeamPage'), 'TeamPage'),
})
const request = createRoute({
  getParentRoute: () => shell,
  path: '/request',
  validateSearch: parseRequestSearch,
  ...open(mayRequest, {
    group: 'work',
    label: t.titles.request,
    title: t.titles.requestAccess,
    icon: IconArrowForwardUp,
    go: { key: 'n', says: t.keys.goRequest },
  }),
  component: lazyPage(() => import('../features/request/RequestPage'), 'RequestPage'),
})
const requests = createRoute({
  getParentRoute: () => shell,
  path: '/requests',
  validateSearch: parseRequestListSearch,
  ...open(maySeeRequests, {
    group: 'work',
    label: t.titles.requests,
    icon: IconInbox,
    go: { key: 'q', says: t.keys.goRequests },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/request/ahead').then((m) => m.mine(search))),
  component: lazyPage(() => import('../features/request/MyRequestsPage'), 'MyRequestsPage'),
})
const requestsItem = createRoute({
  getParentRoute: () => requests,
  path: '$itemId',
  loader: (at) => bring(at, ({ params }) => import('../features/request/ahead').then((m) => m.item(params))),
  component: lazyPage(() => import('../features/request/RequestDrawer'), 'RequestDrawer'),
})
const delegations = createRoute({
  getParentRoute: () => shell,
  path: '/delegations',
  validateSearch: parseDelegationSearch,
  ...open(maySeeDelegations, { group: 'work', label: t.titles.delegations, icon: IconUserShare }),
  loader: (at) => bring(at, ({ search }) => import('../features/delegation/ahead').then((m) => m.delegations(search))),
  component: lazyPage(() => import('../features/delegation/DelegationsPage'), 'DelegationsPage'),
})
const delegationOne = createRoute({
  getParentRoute: () => delegations,
  path: '$delegationId',
  loader: (at) => bring(at, ({ params }) => import('../features/delegation/ahead').then((m) => m.delegation(params))),
  component: lazyPage(() => import('../features/delegation/DelegationDrawer'), 'DelegationDrawer'),
})
const approvals = createRoute({
  getParentRoute: () => shell,
  path: '/approvals',
  validateSearch: parseRequestListSearch,
  ...open(maySeeApprovals, {
    group: 'work',
    label: t.titles.approvals,
    icon: IconHandStop,
    counter: (c) => c.toApprove ?? 0,
    go: { key: 'v', says: t.keys.goApprovals },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/request/ahead').then((m) => m.approvals(search))),
  component: lazyPage(() => import('../features/request/ApprovalsPage'), 'ApprovalsPage'),
})
const approvalsItem = createRoute({
  getParentRoute: () => approvals,
  path: '$itemId',
  loader: (at) => bring(at, ({ params }) => import('../features/request/ahead').then((m) => m.item(params))),
  component: lazyPage(() => import('../features/request/ApprovalDrawer'), 'ApprovalDrawer'),
})

const review = createRoute({
  getParentRoute: () => shell,
  path: '/review',
  validateSearch: parseOrderSearch,
  ...open(mayReview, {
    group: 'work',
    label: t.nav.review,
    title: t.titles.reviewing,
    icon: IconChecklist,
    counter: (c) => c.toReview,
    go: { key: 'r', says: t.keys.goReview },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/order/ahead').then((m) => m.review(search))),
  component: lazyPage(() => import('../features/order/ReviewPage'), 'ReviewPage'),
})
const reviewOrder = createRoute({
  getParentRoute: () => review,
  path: '$orderId',
  loader: (at) => bring(at, ({ params }) => import('../features/order/ahead').then((m) => m.detail(params))),
  component: lazyPage(() => import('../features/order/ReviewDrawer'), 'ReviewDrawer'),
})

const errors = createRoute({
  getParentRoute: () => shell,
  path: '/errors',
  validateSearch: parseOrderSearch,
  ...open(mayReview, {
    group: 'work',
    label: t.nav.errors,
    title: t.titles.errored,
    icon: IconCircleX,
    counter: (c) => c.errored,
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/order/ahead').then((m) => m.errors(search))),
  component: lazyPage(() => import('../features/order/ErrorsPage'), 'ErrorsPage'),
})
const errorsOrder = createRoute({
  getParentRoute: () => errors,
  path: '$orderId',
  loader: (at) => bring(at, ({ params }) => import('../features/order/ahead').then((m) => m.detail(params))),
  component: lazyPage(() => import('../features/order/ReviewDrawer'), 'ReviewDrawer'),
})

const manual = createRoute({
  getParentRoute: () => shell,
  path: '/manual',
  validateSearch: parseOrderSearch,
  ...open(mayDoManual, {
    group: 'work',
    label: t.nav.manual,
    title: t.titles.manualWork,
    icon: IconTools,
    counter: (c) => c.manual,
    go: { key: 'm', says: t.keys.goManual },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/order/ahead').then((m) => m.manual(search))),
  component: lazyPage(() => import('../features/order/ManualPage'), 'ManualPage'),
})
const manualOrder = createRoute({
  getParentRoute: () => manual,
  path: '$orderId',
  loader: (at) => bring(at, ({ params }) => import('../features/order/ahead').then((m) => m.detail(params))),
  component: lazyPage(() => import('../features/order/ManualDrawer'), 'ManualDrawer'),
})

const reconcile = createRoute({
  getParentRoute: () => shell,
  path: '/reconcile',
  ...open(mayReconcile, {
    group: 'work',
    label: t.nav.reconcile,
    title: t.titles.reconciling,
    icon: IconScale,
    counter: (c) => c.reconciliation?.toReconcile ?? 0,
    go: { key: 'e', says: t.keys.goReconcile },
  }),
  component: lazyPage(() => import('../features/reconciliation/ReconcilePage'), 'ReconcilePage'),
})
const reconcileIndex = createRoute({
  getParentRoute: () => reconcile,
  path: '/',
  beforeLoad: ({ context }: { context: { me: MeFragment } }) => {
    throw redirect({
      to: mayReconcileResources(context.me)
        ? '/reconcile/resources'
        : mayReconcileRoles(context.me)
          ? '/reconcile/roles'
          : '/reconcile/prolonged',
      replace: true,
    })
  },
})
const reconcileResources = createRoute({
  getParentRoute: () => reconcile,
  path: 'resources',
  validateSearch: parseDifferenceSearch,
  loader: (at) =>
    bring(at, ({ search }) => import('../features/reconciliation/ahead').then((m) => m.differences(search))),
  component: lazyPage(() => import('../features/reconciliation/DifferencesTab'), 'DifferencesTab'),
})
const reconcileItem = createRoute({
  getParentRoute: () => reconcileResources,
  path: '$itemId',
  loader: (at) =>
    bring(at, ({ params }) => import('../features/reconciliation/ahead').then((m) => m.difference(params))),
  component: lazyPage(() => import('../features/reconciliation/DifferenceDrawer'), 'DifferenceDrawer'),
})
const reconcileRoles = createRoute({
  getParentRoute: () => reconcile,
  path: '/roles',
  validateSearch: parseRoleSearch,
  loader: (at) =>
    bring(at, ({ search }) => import('../features/reconciliation/ahead').then((m) => m.foundRoles(search))),
  component: lazyPage(() => import('../features/reconciliation/RolesTab'), 'RolesTab'),
})
const reconcileRole = createRoute({
  getParentRoute: () => reconcileRoles,
  path: '$foundId',
  loader: (at) =>
    bring(at, ({ params }) => import('../features/reconciliation/ahead').then((m) => m.foundRole(params))),
  component: lazyPage(() => import('../features/reconciliation/RoleDrawer'), 'RoleDrawer'),
})
const reconcileProlonged = createRoute({
  getParentRoute: () => reconcile,
  path: '/prolonged',
  validateSearch: parseProlongedSearch,
  loader: (at) =>
    bring(at, ({ search }) => import('../features/reconciliation/ahead').then((m) => m.prolongedRoles(search))),
  component: lazyPage(() => import('../features/reconciliation/ProlongedTab'), 'ProlongedTab'),
})
const reconcileProlongedRole = createRoute({
  getParentRoute: () => reconcileProlonged,
  path: '$prolongedId',
  loader: (at) =>
    bring(at, ({ params }) => import('../features/reconciliation/ahead').then((m) => m.prolongedRole(params))),
  component: lazyPage(() => import('../features/reconciliation/ProlongedDrawer'), 'ProlongedDrawer'),
})
const reconcileFigures = createRoute({
  getParentRoute: () => reconcile,
  path: 'figures',
  component: lazyPage(() => import('../features/reconciliation/FiguresTab'), 'FiguresTab'),
})
const reconcileOrphans = createRoute({
  getParentRoute: () => reconcile,
  path: 'orphans',
  validateSearch: parseOrphanSearch,
  loader: (at) => bring(at, ({ search }) => import('../features/reconciliation/ahead').then((m) => m.orphans(search))),
  component: lazyPage(() => import('../features/reconciliation/OrphansTab'), 'OrphansTab'),
})
const reconcileOrphan = createRoute({
  getParentRoute: () => reconcileOrphans,
  path: '$accountId',
  loader: (at) => bring(at, ({ params }) => import('../features/reconciliation/ahead').then((m) => m.orphan(params))),
  component: lazyPage(() => import('../features/reconciliation/OrphanDrawer'), 'OrphanDrawer'),
})
const reconcileRecognition = createRoute({
  getParentRoute: () => reconcile,
  path: 'recognition',
  validateSearch: parseRecognitionSearch,
  loader: (at) =>
    bring(at, ({ search }) => import('../features/reconciliation/ahead').then((m) => m.recognitions(search))),
  component: lazyPage(() => import('../features/reconciliation/RecognitionTab'), 'RecognitionTab'),
})
const reconcileRecognized = createRoute({
  getParentRoute: () => reconcileRecognition,
  path: '$accountId',
  loader: (at) =>
    bring(at, ({ params }) => import('../features/reconciliation/ahead').then((m) => m.recognition(params))),
  component: lazyPage(() => import('../features/reconciliation/RecognitionDrawer'), 'RecognitionDrawer'),
})
const orders = createRoute({
  getParentRoute: () => shell,
  path: '/orders',
  validateSearch: parseOrderSearch,
  ...open(maySeeOrders, {
    group: 'things',
    label: t.nav.orders,
    icon: IconTransfer,
    go: { key: 'o', says: t.keys.goOrders },
  }),
  loader: (at) => bring(at, ({ search }) => import('../features/order/ahead').then((m) => m.orders(search))),
  component: lazyPage(() => import('../features/order/OrderListPage'), 'OrderListPage'),
})
const ordersOrder = createRoute({
  getParentRoute: () => orders,
  path: '$orderId',
  loader: (at) => bring(at, ({ params }) => import('../features/order/ahead').then((m) => m.record(params))),
  component: lazyPage(() => import('../features/order/OrderDrawer'), 'OrderDrawer'),
})
const order = createRoute({
  getParentRoute: () => shell,
  path: '/order/$orderId',
  ...open(maySeeOrders),
  loader: (at) => bring(at, ({ params }) => import('../features/order/ahead').then((m) => m.record(params))),
  component: lazyPage(() => import('../features/order/OrderPage'), 'OrderPage'),
})

const people = createRoute({
  getParentRoute: () => shell,
  path: '/people',
  ...open(maySeePeople, {
    group: 'things',
    label: t.nav.people,
    icon: IconUsers,
    go: { key: 'p', says: t.keys.goPeople },
  }),
  component: Outlet,
})
const peopleIndex = createRoute({
  getParentRoute: () => people,
  path: '/',
  component: lazyPage(() => import('../features/directory/PersonListPage'), 'FirstEntityType'),
})
const peopleOf = createRoute({
  getParentRoute: () => people,
  path: '$entityType',
  validateSearch: parsePersonListSearch,
  loader: (at) =>
    bring(at, ({ params, search }) => import('../features/directory/ahead').then((m) => m.people(params, search))),
  component: lazyPage(() => import('../features/directory/PersonListPage'), 'PersonListPage'),
})

const person = createRoute({
  getParentRoute: () => shell,
  path: '/person/$id',
  ...open(maySeePeople),
  loader: (at) => bring(at, ({ params }) => import('../features/directory/ahead').then((m) => m.person(params))),
  component: lazyPage(() => import('../features/directory/PersonPage'), 'PersonPage'),
})
const personPermissions = createRoute({
  getParentRoute: () => person,
  path: '/',
  validateSearch: parsePermissionsSearch,
  component: lazyPage(() => import('../features/assignment/PermissionsTab'), 'PermissionsTab'),
})
const personWhy = createRoute({
  getParentRoute: () => person,
  path: 'why',
  validateSearch: parseWhySearch,
  component: lazyPage(() => import('../features/assignment/WhyTab'), 'WhyTab'),
})
const personOrders = createRoute({
  getParentRoute: () => person,
  path: 'orders',
  validateSearch: parseOrderSearch,
  component: lazyPage(() => import('../features/order/OwnerOrdersTab'), 'OwnerOrdersTab'),
})
const personOrder = createRoute({
  getParentRoute: () => personOrders,
  path: '$orderId',
  component: lazyPage(() => import('../features/order/OrderDrawer'), 'OrderDrawer'),
})
const personProperties = createRoute({
  getParentRoute: () => person,
  path: 'properties',
  component: lazyPage(() => import('../features/directory/PropertiesTab'), 'PropertiesTab'),
})
const personContexts = createRoute({
  getParentRoute: () => person,
  path: 'contexts',
  component: lazyPage(() => import('../features/directory/ContextsTab'), 'ContextsTab'),
})
const personDeparture = createRoute({
  getParentRoute: () => person,
  path: 'departure',
  component: lazyPage(() => import('../features/departure/DepartureTab'), 'DepartureTab'),
})
const personHistory = createRoute({
  getParentRoute: () => person,
  path: 'history',
  component: lazyPage(() => import('../features/directory/HistoryTab'), 'HistoryTab'),
})

const jobs = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  ...open(maySeeJobs, {
    group: 'machinery',
    label: t.nav.jobs,
    title: t.titles.jobExecution,
    icon: IconPlayerPlay,
    counter: (c) => c.runningJobs,
    go: { key: 'j', says: t.keys.goJobs },
  }),
  loader: (at) => bring(at, () => import('../features/job/ahead').then((m) => m.jobs())),
  component: lazyPage(() => import('../features/job/JobListPage'), 'JobListPage'),
})
const job = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/$job',
  ...open(maySeeJobs),
  component: lazyPage(() => import('../features/job/JobPage'), 'JobPage'),
})
const jobInstance = createRoute({
  getParentRoute: () => shell,
  path: '/runs/$id',
  validateSearch: (raw: RawSearch): { task?: string } => {
    const task = text(raw.task)
    return task ? { task } : {}
  },
  ...open(maySeeJobs),
  component: lazyPage(() => import('../features/job/JobInstancePage'), 'JobInstancePage'),
})

const bulkChanges = createRoute({
  getParentRoute: () => shell,
  path: '/bulk',
  ...open(maySeeBulk, { group: 'machinery', label: t.nav.bulk, icon: IconStackPush }),
  loader: (at) => bring(at, () => import('../features/bulk/ahead').then((m) => m.changes())),
  component: lazyPage(() => import('../features/bulk/BulkListPage'), 'BulkListPage'),
})
const bulkChange = createRoute({
  getParentRoute: () => shell,
  path: '/bulk/$bulkId',
  validateSearch: parseBulkSearch,
  ...open(maySeeBulk),
  loader: (at) => bring(at, ({ params }) => import('../features/bulk/ahead').then((m) => m.change(params))),
  component: lazyPage(() => import('../features/bulk/BulkPage'), 'BulkPage'),
})

const systems = createRoute({
  getParentRoute: () => shell,
  path: '/systems',
  ...open(maySeeSystems, { group: 'machinery', label: t.nav.systems, icon: IconServer }),
  loader: (at) => bring(at, () => import('../features/connector/ahead').then((m) => m.systems())),
  component: lazyPage(() => import('../features/connector/ConnectorListPage'), 'ConnectorListPage'),
})
const system = createRoute({
  getParentRoute: () => shell,
  path: '/systems/$connector',
  ...open(maySeeSystems),
  loader: (at) => bring(at, ({ params }) => import('../features/connector/ahead').then((m) => m.system(params))),
  component: lazyPage(() => import('../features/connector/ConnectorPage'), 'ConnectorPage'),
})
const rowsToMend = createRoute({
  getParentRoute: () => shell,
  path: '/systems/$connector/rows',
  ...open(maySeeSystems),
  component: lazyPage(() => import('../features/connector/RowsToMendPage'), 'RowsToMendPage'),
})
const delivery = createRoute({
  getParentRoute: () => shell,
  path: '/deliveries/$id',
  ...open((me) => maySeeSystems(me) || maySeeJobs(me)),
  component: lazyPage(() => import('../features/connector/DeliveryPage'), 'DeliveryPage'),
})

const roles = createRoute({
  getParentRoute: () => shell,
  path: '/model/roles',
  validateSearch: parseModelSearch,
  ...open(maySeeModel, {
    group: 'machinery',
    label: t.nav.roles,
    title: t.titles.catalogue,
    icon: IconBriefcase,
    go: { key: 'c', says: t.keys.goCatalogue },
  }),
  component: lazyPage(() => import('../features/rolemodel/RoleListPage'), 'RoleListPage'),
})
const role = createRoute({
  getParentRoute: () => shell,
  path: '/model/roles/$role',
  validateSearch: parseOneRoleSearch,
  ...open(maySeeModel),
  component: lazyPage(() => import('../features/rolemodel/RolePage'), 'RolePage'),
})
const roleOverview = createRoute({
  getParentRoute: () => role,
  path: '/',
  component: lazyPage(() => import('../features/rolemodel/RoleOverview'), 'RoleOverview'),
})
const roleHolders = createRoute({
  getParentRoute: () => role,
  path: 'holders',
  component: lazyPage(() => import('../features/rolemodel/HoldersTab'), 'HoldersTab'),
})
const editObject = createRoute({
  getParentRoute: () => shell,
  path: '/model/edit/$kind/$identifier',
  ...open((me) => maySeeModel(me) || maySeeAccess(me)),
  component: lazyPage(() => import('../features/rolemodel/EditPage'), 'EditPage'),
})
const newObject = createRoute({
  getParentRoute: () => shell,
  path: '/model/new/$kind',
  validateSearch: parseNewSearch,
  ...open((me) => mayEditModel(me) || mayEditAccess(me)),
  component: lazyPage(() => import('../features/rolemodel/EditPage'), 'NewPage'),
})
const rule = createRoute({
  getParentRoute: () => shell,
  path: '/model/rules/$kind/$owner',
  validateSearch: parseRuleSearch,
  ...open(maySeeModel),
  component: lazyPage(() => import('../features/rolemodel/RulePage'), 'RulePage'),
})
const objects = createRoute({
  getParentRoute: () => shell,
  path: '/model/objects',
  ...open(maySeeModel, { group: 'machinery', label: t.titles.objects, icon: IconPuzzle }),
  component: Outlet,
})
const objectsIndex = createRoute({
  getParentRoute: () => objects,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/model/objects/$kind', params: { kind: 'policy' }, replace: true })
  },
})
const objectsOf = createRoute({
  getParentRoute: () => objects,
  path: '$kind',
  component: lazyPage(() => import('../features/rolemodel/KindListPage'), 'KindListPage'),
})
const plans = createRoute({
  getParentRoute: () => shell,
  path: '/plans',
  ...open(maySeePlans, { group: 'machinery', label: t.nav.plans, icon: IconGitCompare }),
  loader: (at) => bring(at, () => import('../features/plan/ahead').then((m) => m.plans())),
  component: lazyPage(() => import('../features/plan/PlanListPage'), 'PlanListPage'),
})
const plan = createRoute({
  getParentRoute: () => shell,
  path: '/plans/$planId',
  validateSearch: parsePlanSearch,
  ...open(maySeePlans),
  loader: (at) => bring(at, ({ params }) => import('../features/plan/ahead').then((m) => m.plan(params))),
  component: lazyPage(() => import('../features/plan/PlanPage'), 'PlanPage'),
})
const resourceTypes = createRoute({
  getParentRoute: () => shell,
  path: '/model/resource-types',
  validateSearch: parseModelSearch,
  ...open(maySeeModel, { group: 'machinery', label: t.nav.resourceTypes, icon: IconBook2 }),
  loader: (at) => bring(at, ({ search }) => import('../features/rolemodel/ahead').then((m) => m.resourceTypes(search))),
  component: lazyPage(() => import('../features/rolemodel/ResourceTypeListPage'), 'ResourceTypeListPage'),
})
const resourceType = createRoute({
  getParentRoute: () => resourceTypes,
  path: '$resourceType',
  component: lazyPage(() => import('../features/rolemodel/ResourceTypeDrawer'), 'ResourceTypeDrawer'),
})

const automation = createRoute({
  getParentRoute: () => shell,
  path: '/model/automation',
  validateSearch: parseAutomationSearch,
  ...open(maySeeModel, { group: 'machinery', label: t.titles.automation, icon: IconRobot }),
  loader: (at) =>
    bring(at, ({ search }) => import('../features/rolemodel/ahead').then((m) => m.automationRules(search))),
  component: lazyPage(() => import('../features/rolemodel/AutomationListPage'), 'AutomationListPage'),
})

const mining = createRoute({
  getParentRoute: () => shell,
  path: '/model/mining',
  ...open(maySeeModel, { group: 'machinery', label: t.nav.mining, icon: IconPick }),
  loader: (at) => bring(at, () => import('../features/mining/ahead').then((m) => m.runs())),
  component: lazyPage(() => import('../features/mining/MiningPage'), 'MiningPage'),
})
const miningRun = createRoute({
  getParentRoute: () => shell,
  path: '/model/mining/$run',
  validateSearch: parseMiningSearch,
  ...open(maySeeModel),
  loader: (at) =>
    bring(at, ({ params, search }) => import('../features/mining/ahead').then((m) => m.run(params, search))),
  component: lazyPage(() => import('../features/mining/MiningRunPage'), 'MiningRunPage'),
})
const miningResult = createRoute({
  getParentRoute: () => miningRun,
  path: '$result',
  loader: (at) => bring(at, ({ params }) => import('../features/mining/ahead').then((m) => m.result(params))),
  component: lazyPage(() => import('../features/mining/MiningResultDrawer'), 'MiningResultDrawer'),
})

const redundant = createRoute({
  getParentRoute: () => shell,
  path: '/redundant',
  validateSearch: parseRedundantSearch,
  ...open(maySeeRedundant, { group: 'machinery', label: t.titles.redundant, icon: IconCopyCheck }),
  loader: (at) => bring(at, ({ search }) => import('../features/redundancy/ahead').then((m) => m.redundant(search))),
  component: lazyPage(() => import('../features/redundancy/RedundantPage'), 'RedundantPage'),
})

const risks = createRoute({
  getParentRoute: () => shell,
  path: '/risks',
  ...open(maySeeRisks, { group: 'machinery', label: t.nav.risks, icon: IconAlertTriangle }),
  component: lazyPage(() => import('../features/risk/RiskPage'), 'RiskPage'),
})
const risksIndex = createRoute({
  getParentRoute: () => risks,
  path: '/',
  validateSearch: parseRiskSearch,
  ...open(maySeeModel),
  loader: (at) => bring(at, ({ search }) => import('../features/risk/ahead').then((m) => m.risks(search))),
  component: lazyPage(() => import('../features/risk/RiskList'), 'RiskList'),
})
const risksMatrix = createRoute({
  getParentRoute: () => risks,
  path: 'matrix',
  validateSearch: parseMatrixSearch,
  ...open(maySeeModel),
  loader: (at) => bring(at, ({ search }) => import('../features/risk/ahead').then((m) => m.matrix(search))),
  component: lazyPage(() => import('../features/risk/RiskMatrixPage'), 'RiskMatrixPage'),
})
const risksIdentified = createRoute({
  getParentRoute: () => risks,
  path: 'identified',
  validateSearch: parseRiskSearch,
  ...open(maySeeIdentifiedRisks),
  loader: (at) => bring(at, ({ search }) => import('../features/risk/ahead').then((m) => m.identified(search))),
  component: lazyPage(() => import('../features/risk/IdentifiedList'), 'IdentifiedList'),
})
const risksBlocked = createRoute({
  getParentRoute: () => risks,
  path: 'blocked',
  validateSearch: parseRiskSearch,
  ...open(maySeeIdentifiedRisks),
  loader: (at) => bring(at, ({ search }) => import('../features/risk/ahead').then((m) => m.blocked(search))),
  component: lazyPage(() => import('../features/risk/BlockedList'), 'BlockedList'),
})
const riskScores = createRoute({
  getParentRoute: () => risks,
  path: 'scores',
  validateSearch: parseScoreSearch,
  ...open(maySeeIdentifiedRisks),
  loader: (at) => bring(at, ({ search }) => import('../features/risk/ahead').then((m) => m.scores(search))),
  component: lazyPage(() => import('../features/risk/ScoreList'), 'ScoreList'),
})
const riskScore = createRoute({
  getParentRoute: () => riskScores,
  path: '$person',
  loader: (at) => bring(at, ({ params }) => import('../features/risk/ahead').then((m) => m.score(params))),
  component: lazyPage(() => import('../features/risk/ScoreDrawer'), 'ScoreDrawer'),
})
const identifiedRisk = createRoute({
  getParentRoute: () => risksIdentified,
  path: '$identified',
  loader: (at) => bring(at, ({ params }) => import('../features/risk/ahead').then((m) => m.one(params))),
  component: lazyPage(() => import('../features/risk/IdentifiedDrawer'), 'IdentifiedDrawer'),
})

const access = createRoute({
  getParentRoute: () => shell,
  path: '/access',
  ...open(maySeeAccess, { group: 'machinery', label: t.nav.access, icon: IconKey }),
  component: lazyPage(() => import('../features/access/AccessPage'), 'AccessPage'),
})
const accessAssigned = createRoute({
  getParentRoute: () => access,
  path: '/',
  validateSearch: (raw: RawSearch): { text?: string; profile?: string } => {
    const search = { text: text(raw.text), profile: text(raw.profile) }
    return { ...(search.text && { text: search.text }), ...(search.profile && { profile: search.profile }) }
  },
  component: lazyPage(() => import('../features/access/AssignedProfilesTab'), 'AssignedProfilesTab'),
})
const accessProfiles = createRoute({
  getParentRoute: () => access,
  path: 'profiles',
  component: lazyPage(() => import('../features/access/ProfilesTab'), 'ProfilesTab'),
})
const accessRules = createRoute({
  getParentRoute: () => access,
  path: 'rules',
  validateSearch: (raw: RawSearch): { profile?: string } => {
    const profile = text(raw.profile)
    return profile ? { profile } : {}
  },
  component: lazyPage(() => import('../features/access/AccessRulesTab'), 'AccessRulesTab'),
})
const accessProviders = createRoute({
  getParentRoute: () => access,
  path: 'providers',
  component: lazyPage(() => import('../features/rolemodel/ProvidersTab'), 'ProvidersTab'),
})
const accessClients = createRoute({
  getParentRoute: () => access,
  path: 'clients',
  validateSearch: (raw: RawSearch): { text?: string } => {
    const found = text(raw.text)
    return found ? { text: found } : {}
  },
  component: lazyPage(() => import('../features/access/ClientsTab'), 'ClientsTab'),
})
const accessKeys = createRoute({
  getParentRoute: () => access,
  path: 'keys',
  validateSearch: parseKeySearch,
  component: lazyPage(() => import('../features/access/KeysTab'), 'KeysTab'),
})
const tokens = createRoute({
  getParentRoute: () => shell,
  path: '/tokens',
  ...open(),
  component: lazyPage(() => import('../features/access/TokensPage'), 'TokensPage'),
})

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks',
  ...open(maySeeWebhooks, { group: 'machinery', label: t.nav.webhooks, icon: IconWebhook }),
  component: lazyPage(() => import('../features/webhook/WebhookListPage'), 'WebhookListPage'),
})
const webhook = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks/$id',
  ...open(maySeeWebhooks),
  component: lazyPage(() => import('../features/webhook/WebhookPage'), 'WebhookPage'),
})

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: parseAuditSearch,
  ...open(maySeeAudit, { group: 'machinery', label: t.nav.audit, icon: IconFileText }),
  loader: (at) => bring(at, ({ search }) => import('../features/audit/ahead').then((m) => m.audit(search))),
  component: lazyPage(() => import('../features/audit/AuditPage'), 'AuditPage'),
})

const queue = createRoute({
  getParentRoute: () => shell,
  path: '/queue',
  validateSearch: (raw: RawSearch): { to?: string } => {
    const to = text(raw.to, 2000)
    return to && /^\/riverui(\/|$)/.test(to) ? { to } : {}
  },
  ...open(maySeeQueue, { group: 'machinery', label: t.nav.queue, icon: IconStack2 }),
  component: lazyPage(() => import('./QueueGate'), 'QueueGate'),
})

const fence = createRoute({
  getParentRoute: () => shell,
  path: '/fence',
  ...open(maySeeFence),
  component: lazyPage(() => import('../features/fence/FencePage'), 'FencePage'),
})

const help = createRoute({
  getParentRoute: () => shell,
  path: '/help',
  ...open(undefined, { group: 'end', label: t.nav.help, icon: IconLifebuoy }),
  component: lazyPage(() => import('../features/help/HelpPage'), 'HelpPage'),
})

/** An address that no page has: the frame stays. */
const unknown = createRoute({ getParentRoute: () => shell, path: '$', component: NotFoundPage })

/** All pages of signed-in people. */
export const pages = [
  home,
  tasks,
  myAccess,
  team,
  request,
  requests.addChildren([requestsItem]),
  delegations.addChildren([delegationOne]),
  approvals.addChildren([approvalsItem]),
  review.addChildren([reviewOrder]),
  manual.addChildren([manualOrder]),
  errors.addChildren([errorsOrder]),
  reconcile.addChildren([
    reconcileIndex,
    reconcileResources.addChildren([reconcileItem]),
    reconcileRoles.addChildren([reconcileRole]),
    reconcileOrphans.addChildren([reconcileOrphan]),
    reconcileRecognition.addChildren([reconcileRecognized]),
    reconcileProlonged.addChildren([reconcileProlongedRole]),
    reconcileFigures,
  ]),
  people.addChildren([peopleIndex, peopleOf]),
  person.addChildren([
    personPermissions,
    personWhy,
    personOrders.addChildren([personOrder]),
    personProperties,
    personContexts,
    personDeparture,
    personHistory,
  ]),
  orders.addChildren([ordersOrder]),
  order,
  jobs,
  job,
  jobInstance,
  bulkChanges,
  bulkChange,
  roles,
  role.addChildren([roleOverview, roleHolders]),
  resourceTypes.addChildren([resourceType]),
  automation,
  mining,
  miningRun.addChildren([miningResult]),
  redundant,
  risks.addChildren([
    risksIndex,
    risksMatrix,
    risksIdentified.addChildren([identifiedRisk]),
    risksBlocked,
    riskScores.addChildren([riskScore]),
  ]),
  objects.addChildren([objectsIndex, objectsOf]),
  rule,
  editObject,
  newObject,
  plans,
  plan,
  systems,
  rowsToMend,
  system,
  delivery,
  access.addChildren([accessAssigned, accessProfiles, accessRules, accessProviders, accessClients, accessKeys]),
  tokens,
  webhooks,
  webhook,
  audit,
  queue,
  fence,
  help,
  unknown,
] as const

/** The pages that navigation, palette and keys offer, in their order. */
export const listedPages: ListedPage[] = pages.flatMap((page) => {
  const { path, staticData } = page.options as { path: ListedPage['path']; staticData?: StaticDataRouteOption }
  return staticData?.listed
    ? [{ ...staticData.listed, path, may: staticData.may ?? (() => true), preload: () => preload(page) }]
    : []
})

interface Loaded {
  options: { component?: unknown }
  children?: unknown
}

function preload({ options, children }: Loaded): void {
  ;(options.component as { preload?: () => Promise<unknown> } | undefined)?.preload?.().catch(() => undefined)
  for (const child of Object.values(children ?? {})) preload(child as Loaded)
}
