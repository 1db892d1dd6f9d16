/** True if one of the granted paths equals the asked one or is an ancestor of it (provisioning spec 10.2). */
export function can(granted: readonly string[], path: string): boolean {
  return granted.some((g) => g === path || path.startsWith(g.endsWith('/') ? g : `${g}/`))
}

/** True if the path itself, an ancestor, or something below it is granted: enough to show a page that lists by scope. */
export function canUnder(granted: readonly string[], prefix: string): boolean {
  return can(granted, prefix) || granted.some((g) => g.startsWith(`${prefix}/`))
}

/** The permissions the pages ask for; the server checks again. */
export const permissions = {
  orders: '/ProvisioningPolicy/AssignedResourceType/Query',
  assignments: '/ProvisioningPolicy/AssignedSingleRole/Query',
  roleModel: '/ProvisioningPolicy/Policy/Query',
  roleModelUpdate: '/ProvisioningPolicy/Policy/Update',
  identifiedRisks: '/ProvisioningPolicy/IdentifiedRisk/Query',
  riskAttach: '/ProvisioningPolicy/IdentifiedRisk/Update',
  redundant: '/ProvisioningPolicy/RedundantAssignment/Query',
  redundantStart: '/ProvisioningPolicy/RedundantAssignment/Start',
  plans: '/ProvisioningPolicy/PolicySimulation/Query',
  plansStart: '/ProvisioningPolicy/PolicySimulation/Start',
  connectors: '/Connectors/Connector/Query',
  connectorsUpdate: '/Connectors/Connector/Update',
  jobs: '/Jobs/Job/Query',
  jobsUpdate: '/Jobs/Job/Update',
  jobInstances: '/Jobs/JobInstance/Query',
  jobLog: '/Jobs/RunJob/GetLog',
  delegations: '/Custom/Delegations',
  access: '/AccessControl/Profile/Query',
  accessUpdate: '/AccessControl/Profile/Update',
  webhooks: '/Settings/Webhook/Query',
  webhooksUpdate: '/Settings/Webhook/Update',
  settings: '/Settings/Manage',
  audit: '/Monitoring',
  queue: '/Monitoring',
} as const

/** The path of a data permission, e.g. resourcePermission('Directory_User', 'Update'). */
export function resourcePermission(
  entityType: string,
  verb: 'Query' | 'Create' | 'Update' | 'Delete' | 'View',
): string {
  return `/Custom/Resources/${entityType}/${verb}`
}
