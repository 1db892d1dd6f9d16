/** The addresses that the browser looks at, with the demonstration data. A page without one fails src/app/pages.test.ts. */
export const addresses: Record<string, string[]> = {
  'work and things': [
    '/',
    '/review',
    '/review?view=property',
    '/manual',
    '/errors',
    '/reconcile/resources',
    '/reconcile/resources?view=rows',
    '/reconcile/orphans',
    '/reconcile/runs',
    '/plans',
    '/people/Directory_User',
    '/orders',
  ],
  machinery: [
    '/jobs',
    '/jobs/complete',
    '/model/roles',
    '/model/roles/Employee',
    '/model/roles/Employee/holders',
    '/model/edit/compositeRole/Employee',
    '/model/new/singleRole',
    '/model/rules/compositeRole/Employee?list=rules',
    '/model/objects/policy',
    '/model/edit/resourceType/Intranet_User',
    '/model/resource-types',
    '/model/resource-types/Badge_Card',
    '/model/mining',
    '/systems',
  ],
  setup: [
    '/systems/HR',
    '/systems/HR/rows',
    '/deliveries/1',
    '/access',
    '/access/profiles',
    '/access/rules',
    '/webhooks',
    '/audit',
    '/fence',
    '/help',
    '/no-such-page',
  ],
}

/** Pages that are reached in the browser test by pressing something on another page: their ids are not known beforehand. */
export const reached = ['/order/$orderId', '/person/$id', '/runs/$id', '/webhooks/$id', '/queue', '/model/mining/$run']
