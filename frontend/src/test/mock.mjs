// A server with invented data, to look at the pages without the real one: `node src/test/mock.mjs`, then
// `WRIT_URL=http://127.0.0.1:8099 npm run dev`, or open http://127.0.0.1:8099 after a build. Never part of the bundle.
import { createServer } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { buildSchema, execute, parse, subscribe } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const here = import.meta.dirname
const schemaDir = join(here, '../../../graph/schema')
const schema = buildSchema(
  readdirSync(schemaDir)
    .filter((f) => f.endsWith('.graphqls'))
    .map((f) => readFileSync(join(schemaDir, f), 'utf8'))
    .join('\n'),
)

let seed = 7
const random = () => ((seed = (seed * 16807) % 2147483647) - 1) / 2147483646
const pick = (list) => list[Math.floor(random() * list.length)]
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()

const first = [
  'Petra',
  'Ann',
  'Jonas',
  'Mira',
  'Léo',
  'Sofia',
  'Karim',
  'Ines',
  'Tom',
  'Yuki',
  'Olga',
  'Ben',
  'Chiara',
  'Nils',
]
const last = [
  'Lang',
  'Vogel',
  'Okafor',
  'Meyer',
  'Duarte',
  'Novak',
  'Haddad',
  'Lindqvist',
  'Rossi',
  'Tanaka',
  'Brunner',
  'Keller',
]
const departments = ['Finance', 'Sales North', 'Research & Development', 'IT Operations', 'Human Resources', 'Legal']
const titles = ['Accountant', 'Engineer', 'Account manager', 'Analyst', 'Team lead', 'Administrator']

const nothingCounted = Object.fromEntries(Object.keys(schema.getType('DeliveryCounts').getFields()).map((f) => [f, 0]))
const deliveryCounts = (counts) => ({ ...nothingCounted, ...counts })

const connectors = [
  ['intranet', 'Intranet', 'OK', '', false],
  ['ldap', 'Corporate directory', 'OK', '', false],
  ['erp', 'ERP', 'WARNING', 'Last check took 9 s; the limit is 5 s.', false],
  ['badge', 'Badges and doors', 'OK', '', true],
  ['crm', 'Customer relations', 'ERROR', 'Connection refused by crm.example.org:443', false],
].map(([identifier, displayName, health, healthMessage, manual], i) => ({
  id: `c${i}`,
  identifier,
  displayName,
  mode: i === 2 ? 'SCHEDULED' : 'CONTINUOUS',
  isDeactivated: false,
  health,
  healthMessage,
  connections: [
    {
      id: `cn${i}`,
      identifier: `${identifier}-main`,
      displayName: `${displayName} main`,
      package: manual ? 'Manual Ticket' : ['SCIM', 'LDAP', 'SQL', 'REST', 'REST'][i],
      isManual: manual,
      settings: { url: `https://${identifier}.example.org`, pageSize: 500 },
      secretsSet: manual ? [] : ['token'],
      lastCheckAt: ago(12),
      lastCheckError: health === 'ERROR' ? healthMessage : null,
    },
  ],
  entityTypes: [`${identifier}_Account`],
  resourceTypes: [`${displayName} account`],
  lastSynchronizedAt: ago(3 + i * 7),
  deliveries: () =>
    Array.from({ length: 6 }, (_, d) => ({
      id: `d${i}-${d}`,
      mode: d % 3 ? 'incremental' : 'complete',
      state: i === 4 && d === 0 ? 'BLOCKED' : d === 4 ? 'FAILED' : 'APPLIED',
      startedAt: ago(30 * (d + 1)),
      endedAt: ago(30 * (d + 1) - 1),
      counts: deliveryCounts({ read: 1204, inserted: 3 * d, updated: 12, deleted: d }),
      blocked: null,
      error: d === 4 ? 'read page 7: connection reset' : null,
    })),
}))
const resourceTypes = [
  ['intranet_account', 'Intranet account', 0, true],
  ['ldap_account', 'Directory account', 1, false],
  ['erp_account', 'ERP account', 2, true],
  ['badge', 'Badge', 3, false],
  ['ldap_admin', 'Directory administration account', 1, true],
].map(([identifier, displayName, c, block], i) => ({
  id: `rt${i}`,
  identifier,
  displayName,
  description: 'Given to everybody who works here.',
  sourceEntityType: 'Directory_User',
  targetEntityType: `${connectors[c].identifier}_Account`,
  connector: connectors[c],
  isManual: c === 3,
  blockProvisioning: block,
  allowAdd: true,
  allowRemove: i !== 2,
  transmittedStateValidityPeriod: 2880,
  fulfillHoursAheadOfTime: 24,
  dependsOn: i === 4 ? 'ldap_account' : null,
  maximumInsert: 50,
  maximumUpdate: 0,
  maximumDelete: 20,
  maximumInsertPercent: 20,
  maximumUpdatePercent: 0,
  maximumDeletePercent: 10,
  rules: [
    {
      id: `r${i}a`,
      identifier: `${identifier}-type`,
      kind: 'type',
      property: null,
      singleRole: 'employee',
      dimensions: {},
      isDenied: false,
      value: null,
      confidence: 100,
    },
    {
      id: `r${i}b`,
      identifier: `${identifier}-mail`,
      kind: 'scalar',
      property: 'mail',
      singleRole: null,
      dimensions: { Site: 'Basel' },
      isDenied: false,
      value: null,
      sourceExpression: "owner.firstName + '.' + owner.lastName + '@example.org'",
      confidence: 100,
    },
  ].map((r) => ({
    sourceBinding: null,
    sourceExpression: null,
    targetBinding: null,
    targetExpression: null,
    offsetReference: 0,
    offsetBefore: 0,
    offsetAfter: 0,
    ...r,
  })),
}))

const people = Array.from({ length: Number(process.env.MOCK_PEOPLE ?? 420) }, (_, i) => {
  const given = pick(first)
  const name = pick(last)
  return {
    __typename: 'Resource',
    id: `p${i}`,
    entityType: 'Directory_User',
    key: `E${10000 + i}`,
    displayName: `${given} ${name}`,
    summary: `${pick(departments)}, ${pick(titles)}, Basel`,
    isManual: true,
    values: [
      { property: 'firstName', displayName: 'First name', value: given },
      { property: 'lastName', displayName: 'Last name', value: name },
      { property: 'mail', displayName: 'Mail', value: `${given}.${name}@example.org`.toLowerCase() },
      { property: 'startDate', displayName: 'Start date', value: '20210301000000' },
    ],
    links: [
      {
        property: 'department',
        displayName: 'Department',
        targets: [{ id: 'dep1', entityType: 'Directory_Department', key: 'FIN', displayName: 'Finance' }],
      },
    ],
    validFrom: ago(60 * 24 * (i + 3)),
    validTo: null,
    version: 3,
    history: () => [
      {
        validFrom: ago(900),
        validTo: null,
        actor: 'synchronization',
        values: [
          { property: 'firstName', displayName: 'First name', value: given },
          { property: 'department', displayName: 'Department', value: 'Finance' },
        ],
      },
      {
        validFrom: ago(90000),
        validTo: ago(900),
        actor: 'ann',
        values: [
          { property: 'firstName', displayName: 'First name', value: given },
          { property: 'department', displayName: 'Department', value: 'Sales' },
        ],
      },
    ],
    contexts: [
      {
        startDate: ago(60 * 24 * 900),
        endDate: ago(60 * 24 * 200),
        record: null,
        dimensions: [dim('Department', 'Sales North'), dim('Site', 'Basel')],
      },
      {
        startDate: ago(60 * 24 * 200),
        endDate: null,
        record: null,
        dimensions: [dim('Department', 'Finance'), dim('Site', 'Basel'), dim('Title', 'Accountant')],
      },
    ],
  }
})
function dim(dimension, value) {
  return { dimension, value: { id: `${dimension}-${value}`, entityType: dimension, key: value, displayName: value } }
}

const states = [
  'AWAITING_APPROVAL',
  'AWAITING_APPROVAL',
  'PENDING',
  'TRANSMITTED',
  'ERRORED',
  'EXECUTED',
  'VERIFIED',
  'VERIFIED',
  'INACTIVE',
  'AWAITING_APPROVAL',
  'ERROR',
  'NONE',
]
const codes = {
  NONE: 0,
  PENDING: 1,
  TRANSMITTED: 2,
  ERRORED: 3,
  VERIFIED: 4,
  AWAITING_APPROVAL: 5,
  INACTIVE: 6,
  ERROR: 7,
  EXECUTED: 8,
}
const orders = Array.from({ length: 640 }, (_, i) => makeOrder(i))
function makeOrder(i, fixed) {
  const state = fixed ?? pick(states)
  const type = state === 'TRANSMITTED' ? resourceTypes[3] : pick(resourceTypes)
  const owner = pick(people)
  const kind = pick(['CREATE', 'CREATE', 'UPDATE', 'UPDATE', 'DELETE', 'ASSOCIATE'])
  const age = Math.floor(random() * 60 * 24 * 3)
  const target =
    kind === 'CREATE'
      ? null
      : {
          __typename: 'Resource',
          id: `t${i}`,
          entityType: type.targetEntityType,
          key: owner.key.toLowerCase(),
          displayName: owner.key.toLowerCase(),
          values: owner.values,
          links: [],
          contexts: [],
          summary: '',
          version: 1,
          validFrom: ago(age),
          history: () => [],
        }
  const line = (n, property, name, current, proposed) => ({
    id: `o${i}l${n}`,
    property,
    propertyDisplayName: name,
    action: property ? 'set' : kind.toLowerCase(),
    state,
    stateCode: codes[state],
    workflow: 'CALCULATED',
    currentValue: current,
    proposedValue: proposed,
    confidence: n === 2 ? 80 : 100,
    startDate: ago(age),
    endDate: n === 3 ? ago(-60 * 24 * 90) : null,
    waitReason: null,
    error: null,
    isChanged: n === 3 && i % 5 === 0,
    postponedAt: null,
    reasons: [
      'Rule intranet-mail: everybody at Site Basel',
      `Role Employee, held by ${owner.displayName} since 1 March`,
    ],
    version: 1,
  })
  const lines =
    kind === 'DELETE'
      ? [line(0, null, type.displayName, owner.key, null)]
      : [
          ...(kind === 'CREATE' ? [line(0, null, type.displayName, null, null)] : []),
          line(1, 'login', 'Login', kind === 'CREATE' ? null : 'plang', owner.values[1].value.toLowerCase()),
          line(2, 'mail', 'Mail', kind === 'CREATE' ? null : 'p.lang@old.example.org', owner.values[2].value),
          line(3, 'memberOf', 'Groups', null, 'cn=finance-users,ou=groups,dc=example,dc=org'),
        ]
  return {
    id: `o${i}`,
    state,
    stateCode: codes[state],
    kind,
    owner,
    target,
    resourceType: type,
    connector: type.connector,
    isManual: type.isManual,
    lines,
    attempt: state === 'ERRORED' ? 3 : state === 'AWAITING_APPROVAL' ? 0 : 1,
    error:
      state === 'ERRORED'
        ? {
            class: pick(['REFUSED', 'UNREACHABLE', 'CONFLICT']),
            message: pick([
              'The name is already taken by another entry (409).',
              'connect ECONNREFUSED crm.example.org:443',
              'Constraint violated: mail must be unique',
            ]),
            hint: 'Check who owns the existing entry, then unblock.',
            at: ago(age / 2),
          }
        : null,
    waitReason: state === 'NONE' ? 'not_due' : null,
    assignee: state === 'TRANSMITTED' && i % 3 === 0 ? 'ann' : null,
    reviewedBy: null,
    reviewedAt: null,
    postponedAt: null,
    dueAt: null,
    transmittedAt: state === 'TRANSMITTED' ? ago(age) : null,
    executedAt: null,
    verifiedAt: null,
    closedAt: ['VERIFIED', 'INACTIVE'].includes(state) ? ago(1) : null,
    unverifiedCount: 0,
    version: 1,
    createdAt: ago(age),
    updatedAt: ago(age / 3),
    history: [
      {
        id: `h${i}a`,
        at: ago(age),
        actor: 'policy',
        lineId: null,
        from: null,
        to: type.blockProvisioning ? 'AWAITING_APPROVAL' : 'PENDING',
        action: 'compute',
        comment: '',
      },
      ...(codes[state] && state !== 'AWAITING_APPROVAL'
        ? [
            {
              id: `h${i}b`,
              at: ago(age / 2),
              actor: 'fulfil',
              lineId: null,
              from: 'PENDING',
              to: state,
              action: 'send',
              comment: '',
            },
          ]
        : []),
    ],
    payload: {
      changeType: 'Added',
      resourceType: type.identifier,
      changes: { login: 'lang', mail: owner.values[2].value },
    },
    attempts:
      state === 'AWAITING_APPROVAL'
        ? []
        : [
            {
              attempt: 1,
              startedAt: ago(age / 2),
              endedAt: ago(age / 2 - 0.02),
              worker: 'writ-1',
              outcome: state === 'ERRORED' ? 'refused' : 'done',
              message: '',
              idempotencyKey: `k-${i}`,
              payload: null,
            },
          ],
  }
}

const tasks = (state) =>
  [
    ['export', 'Read the ERP', 'export', 0, 'COMPLETED', { read: 1204 }],
    ['export-ldap', 'Read the directory', 'export', 0, 'COMPLETED', { read: 5310 }],
    [
      'sync',
      'Synchronize',
      'synchronize',
      1,
      state === 'BLOCKED' ? 'BLOCKED' : 'COMPLETED',
      { inserted: 12, updated: 140, deleted: 25 },
    ],
    [
      'compute',
      'Compute role model',
      'compute',
      2,
      state === 'BLOCKED' ? 'WAITING' : 'COMPLETED',
      state === 'BLOCKED' ? {} : { owners: 420 },
    ],
    [
      'generate',
      'Generate provisioning orders',
      'generate',
      3,
      state === 'IN_PROGRESS' ? 'IN_PROGRESS' : state === 'BLOCKED' ? 'WAITING' : 'COMPLETED',
      {},
    ],
    ['fulfil', 'Carry out orders', 'fulfil', 4, state === 'COMPLETED' ? 'COMPLETED' : 'WAITING', {}],
  ].map(([identifier, displayName, taskType, level, s, counters], i) => ({
    id: `${state}-task${i}`,
    identifier,
    displayName,
    taskType,
    level,
    state: s,
    progress: s === 'COMPLETED' ? 1 : s === 'IN_PROGRESS' ? 0.4 : 0,
    counts: Object.entries(counters).map(([counter, value]) => ({ counter: counter.toUpperCase(), value })),
    blocked:
      s === 'BLOCKED'
        ? [{ entityType: 'erp_Account', counter: 'deleted', value: 25, limit: 10, percent: true, stored: 120 }]
        : null,
    error: null,
    deliveryId: s === 'BLOCKED' ? 'd4-0' : null,
    startedAt: s === 'WAITING' ? null : ago(6 - i),
    endedAt: s === 'COMPLETED' ? ago(5 - i) : null,
    log: () =>
      Array.from({ length: 40 }, (_, n) => ({
        id: `${state}${i}-${n}`,
        at: ago(n / 10),
        level: n === 3 ? 'WARN' : n === 7 ? 'ERROR' : 'INFO',
        message:
          n === 7
            ? 'Threshold exceeded: deleted of erp_Account: 25 is more than 10 % of 120'
            : `page ${40 - n}: 100 rows read`,
      })),
  }))
const jobs = [
  ['complete', 'Complete: everything', false, '0 2 * * *'],
  ['incremental', 'Incremental: what changed', true, '*/15 * * * *'],
  ['erp', 'ERP only', false, null],
].map(([identifier, displayName, isIncremental, cron], i) => {
  const state = ['IN_PROGRESS', 'COMPLETED', 'BLOCKED'][i]
  const job = {
    id: `j${i}`,
    identifier,
    displayName,
    isIncremental,
    cron,
    cronTimeZone: 'UTC',
    scheduleEnabled: i === 0,
    nextRunAt: cron ? ago(-200) : null,
    scheduleWarning: null,
    userStartDenied: false,
  }
  job.lastInstance = {
    id: `ji${i}`,
    job,
    state,
    progress: i === 1 ? 1 : 0.55,
    launchedBy: i === 1 ? 'cron' : 'ann',
    tasks: tasks(state),
    createdAt: ago(7),
    startedAt: ago(6),
    endedAt: i === 1 ? ago(1) : null,
  }
  job.steps = job.lastInstance.tasks.map(({ identifier: id, displayName: name, taskType, level }) => ({
    identifier: id,
    displayName: name,
    taskType,
    level,
    dependsOn: [],
  }))
  return job
})

const me = {
  id: 'u1',
  username: 'ann',
  displayName: 'Ann Vogel',
  resource: people[1],
  profiles: [{ id: 'pr1', identifier: 'Administrator', displayName: 'Administrator' }],
  permissions: [
    '/Custom',
    '/ProvisioningPolicy',
    '/Connectors',
    '/Jobs',
    '/AccessControl',
    '/Settings',
    '/Monitoring',
    '/Metadata',
  ],
  scopes: Object.fromEntries(
    [
      'reviewProvisioning',
      'reconciliateResources',
      'massReconciliateResources',
      'manualProvisioning',
      'bulkManualProvisioning',
      'bulkReviewProvisioning',
      'queryResources',
      'createResources',
    ].map((k) => [k, ['Directory_User', 'Directory_Department']]),
  ),
  testHooks: false,
  demo: true,
  timeZone: 'UTC',
}

function counters() {
  const byState = Object.keys(codes).map((state) => ({ state, count: orders.filter((o) => o.state === state).length }))
  const count = (s) => byState.find((b) => b.state === s).count
  return {
    people: people.length,
    ordersByState: byState,
    toReview: count('AWAITING_APPROVAL'),
    manual: count('TRANSMITTED'),
    errored: count('ERRORED'),
    runningJobs: 1,
    reviewTiles: [
      { entityType: 'Directory_User', displayName: 'Users', count: count('AWAITING_APPROVAL') - 8 },
      { entityType: 'Directory_Contractor', displayName: 'Contractors', count: 8 },
    ],
    manualTiles: [{ entityType: 'Directory_User', displayName: 'Users', count: count('TRANSMITTED') }],
    oldestWaitingAt: ago(4200),
  }
}

const named = (rows, { filter }) =>
  filter?.identifiers ? rows.filter((r) => filter.identifiers.includes(r.identifier)) : rows

function connection(list, { first: size = 50, after } = {}) {
  const start = after ? Number(after) : 0
  const nodes = list.slice(start, start + size)
  const end = start + nodes.length
  return {
    nodes,
    edges: nodes.map((node, i) => ({ cursor: String(start + i + 1), node })),
    pageInfo: {
      hasNextPage: end < list.length,
      hasPreviousPage: start > 0,
      startCursor: String(start),
      endCursor: nodes.length ? String(end) : null,
    },
    totalCount: list.length,
  }
}
function filtered({ filter: f = {}, orderBy } = {}) {
  f ??= {}
  const list = orders.filter(
    (o) =>
      (!f.states || f.states.includes(o.state)) &&
      (!f.kinds || f.kinds.includes(o.kind)) &&
      (!f.resourceTypes || f.resourceTypes.includes(o.resourceType.identifier)) &&
      (!f.connectors || f.connectors.includes(o.connector.identifier)) &&
      (!f.ownerId || o.owner.id === f.ownerId) &&
      (!f.text || o.owner.displayName.toLowerCase().includes(f.text.toLowerCase())) &&
      (f.open == null || f.open === (o.closedAt === null)),
  )
  if (orderBy === 'OWNER_ASC') list.sort((a, b) => a.owner.displayName.localeCompare(b.owner.displayName))
  else list.sort((a, b) => (orderBy === 'CREATED_ASC' ? 1 : -1) * a.createdAt.localeCompare(b.createdAt))
  return list
}

const listeners = new Set()
let cursor = 0
function move(o, to, action, actor = 'fulfil') {
  const from = o.state
  Object.assign(o, { state: to, stateCode: codes[to], updatedAt: new Date().toISOString(), version: o.version + 1 })
  for (const l of o.lines) Object.assign(l, { state: to, stateCode: codes[to] })
  o.history.push({
    id: `m${++cursor}`,
    at: new Date().toISOString(),
    actor,
    lineId: null,
    from,
    to,
    action,
    comment: '',
  })
  const change = { cursor: String(cursor), at: new Date().toISOString(), actor, from, to, order: o }
  for (const listener of listeners) listener(change)
}
const following = { PENDING: ['EXECUTED', 'send'], EXECUTED: ['VERIFIED', 'verify'] }
if (!process.env.MOCK_STILL)
  setInterval(() => {
    const o = pick(orders.filter((x) => following[x.state]).concat(orders.slice(0, 1)))
    if (following[o.state]) move(o, ...following[o.state])
    if (random() > 0.7) {
      const fresh = makeOrder(orders.length, 'AWAITING_APPROVAL')
      fresh.createdAt = fresh.updatedAt = new Date().toISOString()
      orders.unshift(fresh)
      move(fresh, 'AWAITING_APPROVAL', 'compute', 'policy')
    }
  }, 1500).unref()

async function* stream(first) {
  const queue = []
  let wake
  const listener = (c) => {
    queue.push(c)
    wake?.()
  }
  listeners.add(listener)
  try {
    if (first) yield first()
    for (;;) {
      while (queue.length) yield queue.shift()
      await new Promise((done) => (wake = done))
    }
  } finally {
    listeners.delete(listener)
  }
}

const orderOf = (lineId) => orders.find((o) => o.lines.some((l) => l.id === lineId))?.id
const bulk = (input, act) => ({
  results: (
    input.orderIds ??
    (input.lines && [orderOf(input.lines[0].lineId)]) ??
    filtered({ filter: input.filter }).map((o) => o.id)
  ).map((id, i) => {
    const order = orders.find((o) => o.id === id)
    if (!order) return { id, order: null, error: { code: 'NOT_FOUND', message: 'There is no such order.' } }
    if (input.orderIds?.length > 5 && i % 7 === 3)
      return { id, order, error: { code: 'STALE_ITEM', message: 'The order changed since you read it.' } }
    act(order)
    return { id, order, error: null }
  }),
})
const token = () => `x.${Buffer.from(JSON.stringify({ iat: 0, exp: 900 })).toString('base64url')}.y`
const grant = () => ({ accessToken: token(), expiresAt: ago(-15), me })
let signedIn = process.env.MOCK_SIGNED_IN === '1'

const entitlements = () => {
  const rows = [
    ['e1', null, 'COMPOSITE_ROLE', 'Employee', null, null, 'CALCULATED'],
    ['e2', 'e1', 'SINGLE_ROLE', 'Office worker', null, null, 'GIVEN_BY_ROLE'],
    ['e3', 'e2', 'RESOURCE_TYPE', 'Directory account', null, 'VERIFIED', 'GIVEN_BY_ROLE'],
    ['e4', 'e3', 'PROPERTY', 'Login', 'plang', 'VERIFIED', 'CALCULATED'],
    ['e5', 'e3', 'PROPERTY', 'Mail', 'petra.lang@example.org', 'PENDING', 'CALCULATED', 'p.lang@example.org'],
    ['e6', 'e3', 'PROPERTY', 'Groups', 'cn=finance-users,ou=groups,dc=example,dc=org', 'ERRORED', 'CALCULATED'],
    ['e7', null, 'SINGLE_ROLE', 'Server administration', null, null, 'APPROVED'],
    ['e8', 'e7', 'RESOURCE_TYPE', 'Directory administration account', null, 'AWAITING_APPROVAL', 'GIVEN_BY_ROLE'],
    ['e9', 'e8', 'PROPERTY', 'Login', 'adm-plang', 'AWAITING_APPROVAL', 'CALCULATED'],
    ['e10', null, 'RESOURCE_TYPE', 'Badge', null, 'TRANSMITTED', 'CALCULATED'],
    ['e11', 'e10', 'PROPERTY', 'Doors', 'Basel main', 'TRANSMITTED', 'CALCULATED'],
    ['e12', null, 'SINGLE_ROLE', 'Former project', null, null, 'DECLINED'],
  ]
  return rows.map(([id, parentId, kind, name, value, provisioningState, workflow, currentValue]) => ({
    id,
    parentId,
    kind,
    name,
    identifier: name.toLowerCase().replaceAll(' ', '_'),
    value,
    currentValue: currentValue ?? null,
    workflow,
    provisioningState,
    startDate: ago(60 * 24 * 300),
    endDate: id === 'e7' ? ago(-60 * 24 * 60) : null,
    reasons: ['Rule employee-basel: Site = Basel', 'Context 1 March 2021, from record E10000'],
    waitReason: id === 'e5' ? 'dependency' : null,
    error: id === 'e6' ? 'No such group' : null,
    hiddenInSimplifiedView: id === 'e12',
    category: parentId ? null : 'Workplace',
    target: id === 'e3' ? { id: 't1', entityType: 'ldap_Account', key: 'plang', displayName: 'plang' } : null,
    orderId: provisioningState ? 'o5' : null,
  }))
}
const entityType = (identifier, displayName, count) => ({
  id: identifier,
  identifier,
  displayName,
  connector: connectors[2],
  count,
  canCreate: identifier === 'Directory_User',
  records: [],
  properties: [
    ['firstName', 'First name', 'STRING'],
    ['lastName', 'Last name', 'STRING'],
    ['mail', 'Mail', 'STRING'],
    ['startDate', 'Start date', 'DATE_TIME'],
    ['active', 'Active', 'BOOL'],
    ['department', 'Department', 'FOREIGN_KEY'],
  ].map(([id, name, type]) => ({
    id: `${identifier}.${id}`,
    identifier: id,
    displayName: name,
    type,
    isKey: false,
    isCollection: false,
    targetEntityType: type === 'FOREIGN_KEY' ? 'Directory_Department' : null,
  })),
})
const changes = (args) =>
  connection(
    Array.from({ length: 25 }, (_, i) => ({
      entityType: 'erp_Account',
      key: `E${10000 + i}`,
      command: 'delete',
      oldValues: { login: `user${i}`, mail: `user${i}@example.org` },
      newValues: null,
    })),
    args,
  )
const webhook = {
  id: 'w1',
  url: 'https://hooks.example.org/writ',
  description: 'SIEM',
  isDisabled: false,
  disabledReason: null,
  createdAt: ago(9000),
  pending: 2,
  failed: 1,
  delivered: 1832,
  deliveries: (args) =>
    connection(
      Array.from({ length: 30 }, (_, i) => ({
        id: `wd${i}`,
        messageId: `msg_${i}a8f`,
        state: pick(['DELIVERED', 'DELIVERED', 'PENDING', 'FAILED']),
        attempts: [{ at: ago(i), status: 204, durationMs: 31, error: null, response: '' }],
        nextAt: ago(-3),
        createdAt: ago(i),
        endedAt: null,
        body: { type: 'order.changed', id: i },
      })),
      args,
    ),
}

const root = {
  me: () => me,
  login: ({ input }) => {
    if (input.password !== 'demo')
      throw Object.assign(new Error('Name or password is wrong.'), { extensions: { code: 'UNAUTHENTICATED' } })
    signedIn = true
    return grant()
  },
  refresh: () => {
    if (!signedIn) throw Object.assign(new Error('Sign in.'), { extensions: { code: 'UNAUTHENTICATED' } })
    return grant()
  },
  logout: () => ({ ok: !(signedIn = false) }),
  counters,
  flow: () =>
    [
      ['AWAITING_APPROVAL', 'PENDING', 34],
      ['PENDING', 'EXECUTED', 410],
      ['PENDING', 'TRANSMITTED', 22],
      ['EXECUTED', 'VERIFIED', 388],
      ['PENDING', 'ERRORED', 9],
      ['ERRORED', 'PENDING', 4],
      [null, 'AWAITING_APPROVAL', 60],
      [null, 'PENDING', 380],
      ['TRANSMITTED', 'EXECUTED', 17],
      ['VERIFIED', 'PENDING', 3],
    ].map(([from, to, count]) => ({ from, to, count })),
  ordersPerHour: () =>
    Array.from({ length: 24 }, (_, i) => ({
      at: ago(60 * (23 - i)),
      created: 10 + Math.round(40 * Math.abs(Math.sin(i / 3))),
      executed: 8 + Math.round(36 * Math.abs(Math.sin(i / 3))),
      verified: 5 + Math.round(35 * Math.abs(Math.sin((i - 0.4) / 3))),
      errored: i % 5,
    })),
  errorGroups: () => [
    {
      class: 'CONFLICT',
      message: 'The name is already taken by another entry (409).',
      count: 21,
      resourceType: 'ldap_account',
      connector: 'Corporate directory',
    },
    {
      class: 'UNREACHABLE',
      message: 'connect ECONNREFUSED crm.example.org:443',
      count: 14,
      resourceType: 'erp_account',
      connector: 'Customer relations',
    },
  ],
  orders: (args) => connection(filtered(args), args),
  reviewQueue: (args) => connection(filtered(args), args),
  manualOrders: (args) => connection(filtered({ ...args, filter: { ...args.filter, states: ['TRANSMITTED'] } }), args),
  order: ({ id }) => orders.find((o) => o.id === id) ?? null,
  provisioningTransitions: () =>
    [
      [null, 'AWAITING_APPROVAL', 'compute', 'policy', 'a value must change and a review is needed'],
      ['AWAITING_APPROVAL', 'PENDING', 'approve', 'reviewer', 'approved'],
      ['PENDING', 'EXECUTED', 'send', 'fulfil', 'the system answered OK'],
    ].map(([from, to, action, actor, description]) => ({ from, to, action, actor, description })),
  reviewOrders: ({ input }) =>
    bulk(input, (o) =>
      input.decision === 'POSTPONE'
        ? (o.postponedAt = ago(0))
        : move(
            o,
            (input.decision ?? input.lines?.[0]?.decision) === 'DECLINE' ? 'INACTIVE' : 'PENDING',
            'review',
            'ann',
          ),
    ),
  unblockOrders: ({ input }) => bulk(input, (o) => move(o, 'PENDING', 'unblock', 'ann')),
  reconsiderOrders: ({ input }) => bulk(input, (o) => move(o, 'AWAITING_APPROVAL', 'reconsider', 'ann')),
  confirmManualOrders: ({ input }) => bulk(input, (o) => move(o, 'EXECUTED', 'confirm', 'ann')),
  reportManualOrderErrors: ({ input }) => bulk(input, (o) => move(o, 'ERRORED', 'report', 'ann')),
  takeManualOrders: ({ input }) => bulk(input, (o) => (o.assignee = 'ann')),
  releaseManualOrders: ({ input }) => bulk(input, (o) => (o.assignee = null)),
  entityTypes: () => [
    entityType('Directory_User', 'Users', people.length),
    entityType('Directory_Department', 'Departments', 24),
  ],
  resources: (args) =>
    connection(
      people.filter((p) => !args.filter?.text || p.displayName.toLowerCase().includes(args.filter.text.toLowerCase())),
      args,
    ),
  resource: ({ id }) => people.find((p) => p.id === id) ?? null,
  createResource: () => ({ resource: people[0] }),
  permissionsView: ({ resourceId }) => ({
    owner: people.find((p) => p.id === resourceId),
    asOf: ago(0),
    knownAt: ago(0),
    entitlements: entitlements(),
  }),
  explain: () => ({
    owner: people[0],
    steps: [
      { kind: 'rule', matched: true, text: 'Site is Basel: rule employee-basel applies' },
      { kind: 'rule', matched: false, text: 'Title is not Engineer: rule engineer does not apply' },
    ],
  }),
  jobs: () => jobs,
  jobsPage: (args) => connection(jobs, args),
  jobInstances: (args) =>
    connection(
      jobs
        .map((j) => j.lastInstance)
        .filter((i) => (!args.job || i.job.identifier === args.job) && (!args.states || args.states.includes(i.state))),
      args,
    ),
  jobInstance: ({ id }) => jobs.map((j) => j.lastInstance).find((i) => i.id === id) ?? null,
  runJob: ({ input }) => ({ jobInstance: jobs.find((j) => j.identifier === input.job).lastInstance }),
  connectors: () => connectors,
  delivery: ({ id }) => ({
    id,
    mode: 'complete',
    state: 'BLOCKED',
    startedAt: ago(6),
    endedAt: null,
    counts: deliveryCounts({ read: 95, deleted: 25 }),
    blocked: null,
    error: null,
    changes,
  }),
  policies: () => [],
  categories: () => [],
  roles: () =>
    ['Employee', 'Office worker', 'Server administration', 'Accountant'].map((displayName, i) => ({
      id: `ro${i}`,
      kind: i ? 'SINGLE' : 'COMPOSITE',
      identifier: displayName.toLowerCase().replaceAll(' ', '_'),
      displayName,
      description: 'Held by everybody at a site.',
      policy: 'Default',
      entityType: 'Directory_User',
      category: { id: 'cat', identifier: 'workplace', displayName: 'Workplace' },
      rules: [
        {
          id: `rr${i}`,
          identifier: `rule-${i}`,
          compositeRole: i ? 'employee' : null,
          dimensions: { Site: 'Basel' },
          isDenied: false,
          priority: 0,
          type: 0,
        },
      ],
    })),
  rolesPage: (args) => connection(named(root.roles(), args), args),
  resourceTypesPage: (args) => connection(named(resourceTypes, args), args),
  resourceTypes: () => resourceTypes,
  profiles: () => [
    { id: 'pr1', identifier: 'Administrator', displayName: 'Administrator' },
    { id: 'pr2', identifier: 'Reviewer', displayName: 'Reviewer' },
  ],
  accessRules: () => [
    {
      id: 'ar1',
      identifier: 'review',
      displayName: 'Review of users',
      profile: { id: 'pr2', identifier: 'Reviewer', displayName: 'Reviewer' },
      entityType: 'Directory_User',
      entries: [
        { permission: '/Custom/ProvisioningPolicy/ReviewProvisioning/Directory_User', canExecute: true, notify: true },
      ],
      filters: [{ binding: 'site', value: null, dimension: 'Site', currentUser: false }],
    },
  ],
  assignedProfiles: (args) =>
    connection(
      [
        {
          id: 'ap1',
          username: 'ann',
          userDisplayName: 'Ann Vogel',
          profile: { id: 'pr1', identifier: 'Administrator', displayName: 'Administrator' },
          context: {},
          startDate: null,
          endDate: null,
          isDenied: false,
          email: 'ann@example.org',
        },
        {
          id: 'ap2',
          username: 'petra',
          userDisplayName: 'Petra Lang',
          profile: { id: 'pr2', identifier: 'Reviewer', displayName: 'Reviewer' },
          context: { Site: 'Basel' },
          startDate: ago(9999),
          endDate: ago(-9999),
          isDenied: false,
          email: null,
        },
      ],
      args,
    ),
  webhooks: () => [webhook],
  webhooksPage: (args) => connection([webhook], args),
  webhook: () => webhook,
  createWebhook: () => ({ webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }),
  auditEvents: (args) =>
    connection(
      Array.from({ length: 200 }, (_, i) => ({
        cursor: `a${i}`,
        at: ago(i * 3),
        kind: pick(['order.changed', 'job.changed', 'resource.changed']),
        actor: pick(['policy', 'ann', 'fulfil']),
        subjectType: 'order',
        subjectId: `o${i}`,
        data: { from: 1, to: 8, action: 'send', resourceType: 'ldap_account' },
      })),
      args,
    ),
  search: ({ text }) =>
    people
      .filter((p) => p.displayName.toLowerCase().includes(text.toLowerCase()))
      .slice(0, 8)
      .map((p) => ({ kind: 'Directory_User', id: p.id, label: p.displayName, detail: `${p.key} · ${p.summary}` })),
  orderChanged: async function* () {
    for await (const change of stream()) yield { orderChanged: change }
  },
  countersChanged: async function* () {
    yield { countersChanged: counters() }
    for await (const _change of stream()) yield { countersChanged: counters() }
  },
  jobsChanged: async function* () {
    await new Promise(() => undefined)
    yield null
  },
  jobProgress: async function* ({ jobInstanceId }) {
    yield { jobProgress: root.jobInstance({ id: jobInstanceId }) }
    await new Promise(() => undefined)
  },
  permissionsChanged: async function* () {
    await new Promise(() => undefined)
    yield null
  },
}

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://mock')
  if (pathname === '/auth/info') {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        demo: true,
        testHooks: false,
        demoPassword: 'demo',
        logins: [
          { username: 'ann', displayName: 'Ann Vogel', role: 'Administrator' },
          { username: 'petra', displayName: 'Petra Lang', role: 'Reviewer' },
          { username: 'otto', displayName: 'Otto Keller', role: 'Operator' },
        ],
      }),
    )
  } else if (pathname === '/graphql') {
    let body = ''
    for await (const part of request) body += part
    const { query, variables } = JSON.parse(body)
    const result = await execute({ schema, document: parse(query), rootValue: root, variableValues: variables })
    if (result.errors) console.error(JSON.stringify(result.errors.map((e) => e.message)))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(result))
  } else {
    const dist = join(here, '../../dist')
    const file = extname(pathname) ? pathname : '/index.html'
    try {
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
      response.end(readFileSync(join(dist, file)))
    } catch {
      response.statusCode = 404
      response.end()
    }
  }
})
useServer(
  { schema, roots: { query: root, mutation: root, subscription: root }, execute, subscribe },
  new WebSocketServer({ server, path: '/graphql' }),
)
const port = Number(process.env.MOCK_PORT ?? 8099)
server.listen(port, '127.0.0.1', () => console.log(`mock on http://127.0.0.1:${port}`))
