import type { MeFragment } from './me.generated'
import { can, canUnder, permissions } from '../lib/permit'

// Who sees which page, and what of it: the routes, the menu, the palette and the pages ask the same functions.

export const mayReview = (me: MeFragment) => me.scopes.reviewProvisioning.length > 0
export const mayReconcileResources = (me: MeFragment) => me.scopes.reconciliateResources.length > 0
export const mayReconcileRoles = (me: MeFragment) => me.scopes.reconciliateRoles.length > 0
export const mayReconcileManyRoles = (me: MeFragment) => me.scopes.massReconciliateRoles.length > 0
export const mayReviewRoles = (me: MeFragment) => me.scopes.reviewRoles.length > 0
export const mayReviewManyRoles = (me: MeFragment) => me.scopes.massReviewRoles.length > 0
export const mayReconcile = (me: MeFragment) => mayReconcileResources(me) || mayReconcileRoles(me) || mayReviewRoles(me)
export const mayReconcileMany = (me: MeFragment) => me.scopes.massReconciliateResources.length > 0
export const mayDoManual = (me: MeFragment) => me.scopes.manualProvisioning.length > 0
export const mayChangeMany = (me: MeFragment, entityType: string) => me.scopes.massUpdateResources.includes(entityType)
export const mayRequestMany = (me: MeFragment, entityType: string) => me.scopes.massRequest.includes(entityType)
export const maySeeBulk = (me: MeFragment) =>
  mayReconcile(me) ||
  mayReview(me) ||
  mayDoManual(me) ||
  me.scopes.massUpdateResources.length > 0 ||
  me.scopes.massRequest.length > 0
export const maySeePeople = (me: MeFragment) => me.scopes.queryResources.length > 0
export const maySeeOrders = (me: MeFragment) =>
  can(me.permissions, permissions.orders) || mayReview(me) || mayDoManual(me)
export const maySeeJobs = (me: MeFragment) => can(me.permissions, permissions.jobs)
/** Keeps orders going, and so wants to see how they go; everybody else sees what they mean for him. */
export const mayOperate = (me: MeFragment) =>
  maySeeOrders(me) && (mayReview(me) || mayDoManual(me) || maySeeJobs(me) || maySeeSystems(me))
export const maySeeModel = (me: MeFragment) => can(me.permissions, permissions.roleModel)
export const mayEditModel = (me: MeFragment) => can(me.permissions, permissions.roleModelUpdate)
export const mayEditAccess = (me: MeFragment) => can(me.permissions, permissions.accessUpdate)
/** Who may change objects of a kind. */
export const mayEditKind = (me: MeFragment, kind: { ofAccess?: boolean }) =>
  kind.ofAccess ? mayEditAccess(me) : mayEditModel(me)
export const maySeeHolders = (me: MeFragment) => can(me.permissions, permissions.assignments)
export const maySeeSystems = (me: MeFragment) => can(me.permissions, permissions.connectors)
export const maySeeAccess = (me: MeFragment) => can(me.permissions, permissions.access)
export const maySeeWebhooks = (me: MeFragment) => can(me.permissions, permissions.webhooks)
export const maySeeAudit = (me: MeFragment) => canUnder(me.permissions, permissions.audit)
export const maySeeFence = (me: MeFragment) =>
  can(me.permissions, permissions.settings) || can(me.permissions, permissions.audit)
export const maySeeQueue = (me: MeFragment) => can(me.permissions, permissions.queue)
export const maySeePlans = (me: MeFragment) => can(me.permissions, permissions.plans)
export const maySeeIdentifiedRisks = (me: MeFragment) => can(me.permissions, permissions.identifiedRisks)
export const maySeeRedundant = (me: MeFragment) => can(me.permissions, permissions.redundant)
export const mayLeaveToRules = (me: MeFragment) => can(me.permissions, permissions.redundantStart)
export const mayAttachRisks = (me: MeFragment) => can(me.permissions, permissions.riskAttach)
export const maySeeRisks = (me: MeFragment) => maySeeModel(me) || maySeeIdentifiedRisks(me)

/** Asks for entitlements of somebody: the path ends the same for every entity type, and any ancestor of one opens it. */
export const mayRequest = (me: MeFragment) =>
  me.permissions.some((p) => /^\/Custom\/Workflows\/ModifyPermissions_[^/]+(\/Request(\/ActionPending)?)?$/.test(p)) ||
  can(me.permissions, '/Custom/Workflows')
/** Makes people of an entity type leave at once. */
export const mayDepart = (me: MeFragment, entityType: string) =>
  can(me.permissions, `/Custom/Workflows/Departure_${entityType}/Immediate/ActionPending`)
/** Sees what is asked for: what he asked for himself, and what others ask for him. */
export const maySeeRequests = (me: MeFragment) => mayRequest(me) || me.resource != null
/** Has a person behind the account, so that there is something that is his. */
export const mayHave = (me: MeFragment) => me.resource != null
/** Somebody reports to him, and he may see who. */
export const mayLead = (me: MeFragment) => me.hasReports && (maySeePeople(me) || mayRequest(me))
const maySuperviseRequests = (me: MeFragment) => canUnder(me.permissions, '/Custom/Workflows/Supervise')
/** Decides on requests: by his right to review roles, or since an approver rule asks him. */
export const mayApprove = (me: MeFragment) => mayReviewRoles(me) || me.isAsked
export const maySeeApprovals = (me: MeFragment) =>
  mayApprove(me) || maySuperviseRequests(me) || me.actsFor.some((d) => d.kinds.includes('APPROVALS'))
/** Lets others act for himself, or manages who acts for whom. */
export const mayDelegate = (me: MeFragment) => canUnder(me.permissions, permissions.delegations)
/** Manages who acts for whom: the path ends the same for every entity type, and any ancestor of one opens it. */
export const mayManageDelegations = (me: MeFragment) =>
  can(me.permissions, permissions.delegations) ||
  me.permissions.some((p) => /^\/Custom\/Delegations\/[^/]+(\/Manage)?$/.test(p))
/** Has to do with somebody who acts for somebody. */
export const maySeeDelegations = (me: MeFragment) => mayDelegate(me) || me.actsFor.length > 0
/** Something can wait for him. */
export const mayHaveTasks = (me: MeFragment) =>
  maySeeApprovals(me) || mayReview(me) || mayDoManual(me) || mayReconcile(me) || maySeeSystems(me)
