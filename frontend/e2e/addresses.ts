import { readFileSync } from 'node:fs'

/** Addresses that say more than the path of a page, and those of pages that need an id. A page with an id and without an address fails src/app/pages.test.ts. */
const chosen: Record<string, string[]> = {
  'work and things': [
    '/',
    '/review',
    '/review?view=property',
    '/manual',
    '/errors',
    '/reconcile/resources',
    '/reconcile/resources?view=rows',
    '/reconcile/roles',
    '/reconcile/roles?view=rows',
    '/reconcile/orphans',
    '/reconcile/recognition',
    '/reconcile/prolonged',
    '/reconcile/figures',
    '/plans',
    '/people/Directory_User',
    '/orders',
    '/delegations',
  ],
  machinery: [
    '/jobs',
    '/bulk',
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
    '/model/automation',
    '/model/edit/automationRule/Sales_stays',
    '/model/objects/indirectResourceRule',
    '/model/edit/indirectResourceRule/Nested_groups',
    '/model/objects/approverRule',
    '/model/edit/approverRule/Intranet_Administration_first',
    '/model/new/approverRule',
    '/model/mining',
    '/redundant',
    '/risks',
    '/risks/matrix',
    '/risks/matrix?view=list',
    '/risks/identified',
    '/risks/blocked',
    '/risks/scores',
    '/model/new/risk',
    '/systems',
  ],
  setup: [
    '/systems/HR',
    '/systems/HR/rows',
    '/deliveries/1',
    '/access',
    '/access/profiles',
    '/access/rules',
    '/access/providers',
    '/model/new/identityProvider',
    '/access/clients',
    '/access/keys',
    '/tokens',
    '/webhooks',
    '/audit',
    '/fence',
    '/help',
    '/no-such-page',
  ],
}

/** Pages that are reached in the browser test by pressing something on another page: their ids are not known beforehand. */
export const reached = [
  '/order/$orderId',
  '/person/$id',
  '/runs/$id',
  '/webhooks/$id',
  '/queue',
  '/model/mining/$run',
  '/risks/identified/$identified',
  '/risks/scores/$person',
  '/plans/$planId',
  '/bulk/$bulkId',
  '/delegations/$delegationId',
]

const isBelow = (address: string, path: string) =>
  address === path || [`${path}/`, `${path}?`].some((start) => address.startsWith(start))

/** The paths in app/pages.ts that need no id, and that none of the chosen addresses begins with: a new page is looked at by being there. */
const others = [...readFileSync('src/app/pages.ts', 'utf8').matchAll(/^ {2}path: '(\/[^'$]*)'/gm)]
  .map(([, path = '']) => path)
  .filter((path) => ![...Object.values(chosen).flat(), ...reached].some((known) => isBelow(known, path)))

/** The addresses that the browser looks at, with the demonstration data. */
export const addresses: Record<string, string[]> = { ...chosen, ...(others.length > 0 && { others }) }
