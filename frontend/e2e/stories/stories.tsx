import { Button } from '@mantine/core'
import { JumpPalette } from '../../src/app/JumpPalette'
import { ListedPagesContext } from '../../src/app/listed'
import { listedPages } from '../../src/app/pages'
import { keepRecent } from '../../src/app/recent'
import { WhyGraph } from '../../src/features/assignment/WhyGraph'
import { WhyNotPanel } from '../../src/features/assignment/WhyNotPanel'
import type { WhyNodeFragment, WhyNotQuery } from '../../src/features/assignment/WhyTab.generated'
import type { BulkItemRowFragment } from '../../src/features/bulk/bulk.generated'
import { BulkPage } from '../../src/features/bulk/BulkPage'
import { PersonHeading } from '../../src/features/directory/PersonHeading'
import { MiningChangeDialog } from '../../src/features/mining/MiningChangeDialog'
import { MiningResultDrawer } from '../../src/features/mining/MiningResultDrawer'
import type { PlanDetailQuery, PlanSumFragment } from '../../src/features/plan/plan.generated'
import { PlanPage } from '../../src/features/plan/PlanPage'
import { ManualDrawer } from '../../src/features/order/ManualDrawer'
import { OrderBody } from '../../src/features/order/OrderBody'
import { ReviewDrawer } from '../../src/features/order/ReviewDrawer'
import { DifferenceDrawer } from '../../src/features/reconciliation/DifferenceDrawer'
import { DifferenceList } from '../../src/features/reconciliation/DifferenceList'
import { RoleDrawer } from '../../src/features/reconciliation/RoleDrawer'
import { OrphanDrawer } from '../../src/features/reconciliation/OrphanDrawer'
import { PatternList } from '../../src/features/reconciliation/PatternList'
import type { PatternRowFragment } from '../../src/features/reconciliation/PatternList.generated'
import type { BulkRowFragment } from '../../src/graphql/bulk.generated'
import { BulkUnderWay } from '../../src/features/reconciliation/BulkUnderWay'
import { healthStates, jobStates, provisioningStates } from '../../src/lib/states'
import { noSelection, wholeSelection, type Selection } from '../../src/lib/selection'
import {
  difference,
  foundRole,
  me,
  minedRole,
  order,
  orderLine,
  orphan,
  bulkChange,
  unauthorized,
} from '../../src/test/factories'
import { Badge } from '../../src/ui/Badge'
import type { Column, List } from '../../src/ui/column'
import { ConfirmDialog } from '../../src/ui/ConfirmDialog'
import { Diff } from '../../src/ui/Diff'
import { EmptyNote } from '../../src/ui/EmptyNote'
import { LimitTable } from '../../src/ui/LimitTable'
import { ProblemNote } from '../../src/ui/ProblemNote'
import { Skeleton } from '../../src/ui/Skeleton'
import { StateBadge } from '../../src/ui/StateBadge'
import { Table } from '../../src/ui/Table'
import type { Story } from './Stage'

const long = 'Maximiliane-Alexandra Freifrau von Oberwiesenfeld-Hohenstaufen'
const nothing = () => undefined

interface Person {
  id: string
  name: string
  health: keyof typeof healthStates
  said: string
}

const people: Person[] = [
  { id: 'E10001', name: 'Viktor Moreau', health: 'OK', said: '' },
  { id: 'E10002', name: long, health: 'WARNING', said: '4 rows cannot be read and were set aside; see Rows to mend.' },
  { id: 'E10003', name: 'Anna Haas', health: 'ERROR', said: 'connection refused' },
]

const columns: Column<Person>[] = [
  { id: 'name', header: 'Name', width: 'minmax(180px, 2fr)', cell: (p) => <span className="cut">{p.name}</span> },
  { id: 'key', header: 'Key', width: '90px', lasting: true, cell: (p) => <span className="mono">{p.id}</span> },
  {
    id: 'health',
    header: 'Health',
    width: 'minmax(200px, 2fr)',
    cell: (p) => (
      <>
        <Badge {...healthStates[p.health]} />
        <span className="dim cut">{p.said}</span>
      </>
    ),
  },
]

function table(list: Partial<List<Person>>, selection?: Selection, filtered = false): Story {
  const rows = list.rows ?? people
  return {
    draw: () => (
      <Table
        label="People"
        name="stories"
        list={{
          rows,
          total: rows.length,
          loading: false,
          fetching: false,
          problem: null,
          hasMore: false,
          loadMore: nothing,
          refresh: nothing,
          ...list,
        }}
        columns={columns}
        getId={(p) => p.id}
        empty={{ title: 'Nobody here yet', hint: 'Run the job that reads the source.' }}
        onClear={filtered ? nothing : undefined}
        onOpen={nothing}
        selection={selection}
        onSelection={selection && nothing}
        wholeFilter
        bulk={<Button>Approve</Button>}
      />
    ),
  }
}

const review = (change: Parameters<typeof order>[0]): Story => ({
  draw: () => <ReviewDrawer />,
  answers: { OrderDetail: { order: order({ id: 'order-1', ...change }) } },
})

const ticket = (change: Parameters<typeof order>[0], who = me({ username: 'otto' })): Story => ({
  at: '/manual/order-1',
  who,
  draw: () => <ManualDrawer />,
  answers: { OrderDetail: { order: order({ id: 'order-1', state: 'TRANSMITTED', isManual: true, ...change }) } },
})

const failed = {
  class: 'CONFLICT',
  message: 'The name is already taken by another entry (409).',
  hint: 'Look which object stands in the way in the managed system, then send it again; or decline.',
  at: '2026-03-01T09:05:00Z',
} as const

type Move = ReturnType<typeof order>['history'][number]

const move = (id: string, action: Move['action'], to: Move['to']): Move => ({
  id,
  at: '2026-03-01T09:01:00Z',
  actor: action === 'DECLINE' ? 'rita' : 'fulfil',
  actorName: action === 'DECLINE' ? 'Rita Reviewer' : null,
  lineId: null,
  from: null,
  to,
  action,
  comment: action === 'DECLINE' ? 'Not his work any more' : '',
})

const body = (change: Parameters<typeof order>[0], attempts: number): Story => ({
  draw: () => (
    <OrderBody
      wide
      onChanged={nothing}
      order={{
        ...order(change),
        payload: attempts ? { OrderId: '1', Changes: { FullName: long } } : null,
        attempts: Array.from({ length: attempts }, (_, at) => ({
          attempt: at + 1,
          startedAt: '2026-03-01T09:01:00Z',
          endedAt: '2026-03-01T09:01:02Z',
          worker: 'host-1-a',
          outcome: at + 1 < attempts ? 'UNREACHABLE' : 'DONE',
          message: at + 1 < attempts ? 'The system does not answer.' : '',
          idempotencyKey: '211550d0-cb1f-416c-ba35-601efa3ac9df',
          payload: null,
        })),
      }}
    />
  ),
})

const hit = { kind: 'Directory_User', id: '7', label: long, detail: 'Person E10002' }
const palette = (search: unknown[], before = nothing as () => void): Story => ({
  answers: { Search: { search } },
  draw: () => {
    before()
    return (
      <ListedPagesContext value={listedPages}>
        <JumpPalette onClose={nothing} onKeys={nothing} />
      </ListedPagesContext>
    )
  },
})

const personRow = {
  id: '7',
  entityType: 'Directory_User',
  key: 'E10002',
  displayName: long,
  summary: 'Finance',
  validFrom: '2026-03-01T09:00:00Z',
  validTo: null,
  version: 1,
}

const page = (nodes: unknown[]) => ({
  nodes,
  totalCount: nodes.length,
  totalCountIsEstimate: false,
  pageInfo: { hasNextPage: false, endCursor: null },
})

const decide = (item: ReturnType<typeof difference> | null, others: unknown[] = []): Story => ({
  at: `/reconcile/resources/${item?.id ?? '1'}`,
  draw: () => <DifferenceDrawer />,
  answers: { DifferenceDetail: { reconciliationItem: item }, OtherDifferences: { reconciliationItems: page(others) } },
})

const role = (item: ReturnType<typeof foundRole> | null): Story => ({
  at: `/reconcile/roles/${item?.id ?? '1'}`,
  draw: () => <RoleDrawer />,
  answers: { FoundRoleDetail: { roleReconciliationItem: item } },
})

const ownerless = (
  account: ReturnType<typeof orphan>,
  item = unauthorized({
    id: 'difference-1',
    kind: 'ORPHAN',
    owner: null,
    decisions: ['AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT', 'POSTPONE'],
  }),
): Story => ({
  at: `/reconcile/orphans/${account.id}`,
  draw: () => <OrphanDrawer />,
  answers: {
    OrphanDetail: { accountsWithoutOwner: page([account]) },
    DifferenceDetail: { reconciliationItem: item },
    OtherDifferences: { reconciliationItems: page([]) },
  },
})

const differences = (nodes: unknown[], who = me()): Story => ({
  at: '/reconcile/resources',
  who,
  draw: () => <DifferenceList search={{ view: 'rows' }} onChange={nothing} onClear={nothing} filters={() => null} />,
  answers: { DifferenceList: { reconciliationItems: page(nodes) } },
})

const pattern = (change: Partial<PatternRowFragment>): PatternRowFragment => ({
  id: 'p1',
  kind: 'UNRECONCILED',
  resourceType: 'intranet',
  resourceTypeName: 'Intranet account',
  system: 'intranet',
  systemName: 'Intranet',
  property: 'site',
  propertyName: 'Site',
  current: 'Berlin',
  proposed: 'Hamburg',
  isSame: true,
  count: 4812,
  preExisting: 4812,
  oldestAt: '2026-03-01T09:00:00Z',
  ...change,
})

const patterns = (nodes: PatternRowFragment[]): Story => ({
  at: '/reconcile/resources',
  draw: () => <PatternList search={{}} onChange={nothing} onClear={nothing} filters={() => null} />,
  answers: { PatternList: { reconciliationPatterns: page(nodes) } },
})

const decided = {
  decision: 'KEEP_CURRENT',
  decidedBy: 'rita',
  decidedByName: 'Rita Reviewer',
  decidedAt: '2026-03-01T09:05:00Z',
  closedAt: '2026-03-01T09:05:00Z',
  comment: 'He moves back in June',
} as const

const bulk = (change: Partial<BulkRowFragment>, items: BulkItemRowFragment[] = []): Story => ({
  at: '/bulk/1',
  draw: () => <BulkPage />,
  answers: { BulkDetail: { bulkChange: bulkChange({ id: '1', ...change }) }, BulkItems: { bulkItems: page(items) } },
})

const bulkItem = (change: Partial<BulkItemRowFragment>): BulkItemRowFragment => ({
  subjectId: '1',
  name: 'Erik Employee',
  about: 'Intranet account: Phone',
  state: 'DONE',
  message: null,
  before: '+49 30 1',
  after: '+49 30 2',
  endedAt: '2026-03-01T09:00:00Z',
  ...change,
})

const bulkItems = [
  bulkItem({}),
  bulkItem({
    subjectId: '17',
    name: 'Hanna Silva',
    state: 'SKIPPED',
    message: 'This difference is gone: it was mended, or something else takes its place.',
    before: null,
    after: null,
  }),
  bulkItem({
    subjectId: '18',
    name: long,
    about: long,
    state: 'FAILED',
    message: 'An order about this account is still under way. Decide when it has ended.',
    after: null,
  }),
  bulkItem({ subjectId: '19', name: '', state: 'TODO', before: null, after: null, endedAt: null }),
]

const node = (change: Partial<WhyNodeFragment>): WhyNodeFragment => ({
  id: 'n',
  kind: 'RULE',
  title: 'employee',
  texts: ['The rule employee gives the role Employee: it concerns everybody.'],
  matched: true,
  since: '2026-03-01T09:00:00Z',
  count: 1,
  resourceId: null,
  role: null,
  resourceType: null,
  orderId: null,
  ...change,
})

const whole: WhyNodeFragment[] = [
  node({ id: 'rule' }),
  node({ id: 'context', kind: 'CONTEXT', title: 'Department Finance, Site Lisbon, Job title Controller' }),
  node({ id: 'record', kind: 'RECORD', title: 'Position P00002-1', resourceId: '9' }),
  node({ id: 'role', kind: 'ROLE', title: 'Employee', role: 'Employee' }),
  node({ id: 'lead', kind: 'ROLE', title: long, matched: false, texts: ['So she does not have the role.'] }),
  node({ id: 'account', kind: 'ACCOUNT', title: 'Intranet user e10002', resourceId: '10' }),
  node({ id: 'values', kind: 'VALUE', title: '37 values', count: 37 }),
  node({ id: 'order', kind: 'ORDER', title: 'Order 70021', orderId: '70021' }),
  node({ id: 'attempt', kind: 'ATTEMPT', title: 'Attempt 1', orderId: '70021' }),
  node({ id: 'read', kind: 'VERIFICATION', title: 'Verified', orderId: '70021' }),
]
const leads = [
  ['rule', 'context'],
  ['context', 'record'],
  ['record', 'role'],
  ['record', 'lead'],
  ['role', 'account'],
  ['account', 'values'],
  ['values', 'order'],
  ['order', 'attempt'],
  ['attempt', 'read'],
].map(([from = '', to = '']) => ({ from, to }))

const lacks = (change: Partial<WhyNotQuery['whyNot']>): Story => ({
  draw: () => (
    <WhyNotPanel
      answer={{
        name: 'Payments',
        isGiven: false,
        isPartial: false,
        ways: [
          {
            changes: [
              { kind: 'VALUE', text: 'Job title of Position P1 is Clerk and would have to be Head.', resourceId: '9' },
            ],
          },
          {
            changes: [
              {
                kind: 'VALUE',
                text: 'Department of Position P1 is Payroll and would have to be Sales or below.',
                resourceId: '9',
              },
              {
                kind: 'DENIAL',
                text: 'What a person refused would have to be given back: the role Payments.',
                resourceId: null,
              },
            ],
          },
        ],
        reasons: [
          {
            kind: 'FORBIDDEN',
            rule: 'no-payments',
            text: 'The rule no-payments forbids the role Payments: Job title is Clerk.',
            failing: 0,
            of: 0,
            orderId: null,
          },
          {
            kind: 'CRITERIA',
            rule: 'heads',
            text: 'The rule heads does not give the role Payments: Job title is Clerk, not Head.',
            failing: 1,
            of: 2,
            orderId: null,
          },
          {
            kind: 'WAITS',
            rule: null,
            text: 'Order 12 of 1 Mar 2026 creates the Badge card in Badge office; it awaits approval.',
            failing: 0,
            of: 0,
            orderId: '12',
          },
        ],
        ...change,
      }}
    />
  ),
})

const mined = (change: Parameters<typeof minedRole>[0], wrong: { id: string; person: object }[] = []): Story => ({
  at: '/model/mining/4/7',
  draw: () => <MiningResultDrawer />,
  answers: {
    MiningResultDetail: { miningResult: minedRole({ id: '7', ...change }) },
    MiningPeople: { miningPeople: page(wrong) },
  },
})

const minedChange = (replaced: { role: string; rule: string; isMined: boolean }[]): Story => ({
  draw: () => <MiningChangeDialog run="4" results={null} onClose={nothing} />,
  answers: {
    MiningChange: {
      miningChange: {
        yaml: 'singleRoles:\n- identifier: Payment_View\n  rules:\n  - identifier: mined-Payment_View-1\n    policy: Mined\n    dimensions: { Department: { key: FIN, inherit: true } }\n',
        roles: 1,
        rules: 1,
        explained: 46,
        given: 3,
        unexplained: 2,
        replaced,
      },
    },
  },
})

const planned = (change: Partial<NonNullable<PlanDetailQuery['storedPlan']>>): Story => ({
  at: '/plans/88',
  draw: () => <PlanPage />,
  answers: {
    PlanDetail: {
      storedPlan: {
        id: '88',
        title: 'Payment entry for Lisbon',
        state: 'FINISHED',
        actor: 'ada',
        actorName: long,
        asOf: '2026-11-29T10:42:00Z',
        total: 456,
        done: 456,
        failure: '',
        createdAt: '2026-11-29T10:42:00Z',
        endedAt: '2026-11-29T10:42:20Z',
        appliedAt: null,
        appliedBy: null,
        changes: [
          {
            action: 'UPDATE',
            kind: 'singleRole',
            identifier: 'Payment_Entry',
            fields: [{ path: 'rules.Payment_Entry-1.dimensions.Site.key', before: null, after: 'LIS' }],
          },
        ],
        edits: [],
        problems: [],
        summary: plannedSum,
        moved: [],
        overlaps: [],
        ...change,
      },
    },
    PlanGroups: {
      planGroups: page([
        { key: 'Payment_Entry', name: 'Payment entry', people: 20, removed: 2, added: 6, changed: 12 },
        { key: 'Payment_View', name: long, people: 1, removed: 0, added: 1, changed: 0 },
      ]),
    },
  },
})

const plannedSum: PlanSumFragment = {
  people: 20,
  hiddenPeople: 3,
  rolesRemoved: 2,
  rolesAdded: 6,
  rolesChanged: 12,
  accountsRemoved: 1,
  accountsAdded: 2,
  accountsChanged: 0,
  creations: 6,
  updates: 12,
  deletions: 2,
  associations: 0,
  lines: 40,
  reviews: 2,
  tickets: 1,
  differences: 0,
  failures: 1,
  looked: 456,
  waiting: 4,
  automatic: 0,
  seconds: 20.4,
  limits: [],
  isOverLimit: false,
  mails: [{ template: 'BlockedProvisioningInformations', sourceEntityType: 'Directory_User', recipients: 8 }],
  isDated: false,
  isImagined: false,
}

/** One component in one state each, by name. */
export const stories: Record<string, Story> = {
  'plan, computed': planned({}),
  'plan, over a limit, with problems and another one': planned({
    summary: {
      ...plannedSum,
      isOverLimit: true,
      limits: [
        { resourceType: 'SAP', action: 'delete', message: 'SAP user would delete 212 of 456, and 30 % may be.' },
      ],
    },
    problems: [
      {
        severity: 'WARNING',
        kind: 'singleRole',
        identifier: 'Payment_Entry',
        field: 'rules',
        message: 'It meets nobody.',
      },
    ],
    overlaps: [{ id: '91', title: long }],
  }),
  'plan, the world moved': planned({
    state: 'OUT_OF_DATE',
    failure: 'The world moved: for one person the outcome is another one than this plan says. Nothing is written.',
    moved: [{ ownerId: '1', displayName: long, why: 'Nothing would change any more for this person.' }],
  }),
  'plan, computing': planned({ state: 'RUNNING', done: 120, summary: null, endedAt: null }),
  'plan, failed': planned({
    state: 'FAILED',
    summary: null,
    failure: 'This configuration would be refused. There is no role Old.',
  }),
  'plan, nothing would change': planned({ summary: { ...plannedSum, people: 0, hiddenPeople: 0 } }),
  'plan, of data that a system keeps': planned({
    changes: [],
    summary: { ...plannedSum, isImagined: true },
    edits: [
      {
        action: 'UPDATE',
        id: '7',
        entityType: 'Directory_Position',
        key: 'P00001-1',
        displayName: 'P00001-1',
        fields: [{ path: 'Department', before: 'SAL', after: 'FIN' }],
      },
    ],
  }),
  'mined role, people it gets wrong': mined({}, [
    { id: '1', person: { id: '1', key: 'E10042', displayName: long } },
    { id: '2', person: { id: '2', key: 'E10043', displayName: 'Ben Cole' } },
  ]),
  'mined role, everybody, search cut': mined({
    rule: null,
    isCut: true,
    wrongly: 0,
    unexplained: 0,
    proposals: [{ criteria: [], matched: 48, rightly: 48, fresh: 48, falsePositive: 0 }],
  }),
  'mined role, nothing proposed': mined({
    refused: 'PRECISION',
    proposals: [],
    rightly: 0,
    wrongly: 0,
    unexplained: 48,
  }),
  'mined change, replaces what somebody wrote': minedChange([
    { role: 'Payment_View', rule: 'Payment_View-1', isMined: false },
    { role: 'Payment_View', rule: 'mined-Payment_View-1', isMined: true },
  ]),
  'mined change, replaces nothing': minedChange([]),
  'table, rows': table({}),
  'table, selected, about so many': table({ total: 120_000, isEstimate: true, hasMore: true }, wholeSelection),
  'table, nothing selected': table({}, noSelection),
  'table, loading': table({ rows: [], total: null, loading: true }),
  'table, empty': table({ rows: [] }),
  'table, nothing matches': table({ rows: [] }, undefined, true),
  'table, problem': table({
    rows: [],
    total: null,
    problem: { code: 'UNAVAILABLE', message: 'The directory is away.', id: 'f3a9' },
  }),
  'why not, two ways': lacks({}),
  'why not, no way, partly': lacks({ ways: [], isPartial: true }),
  'why not, on its way': lacks({ isGiven: true, ways: [] }),
  'why, graph': { draw: () => <WhyGraph nodes={whole} links={leads} /> },
  'why, nothing to draw': { draw: () => <WhyGraph nodes={[]} links={[]} /> },
  'review, waiting': review({}),
  'review, changed and long': review({
    kind: 'UPDATE',
    lines: [
      orderLine({ isChanged: true, currentValue: 'Petra Lang', proposedValue: long, confidence: 80 }),
      orderLine({
        property: 'groups',
        propertyDisplayName: 'Groups',
        action: 'REMOVE',
        currentValue: 'Old news',
        proposedValue: null,
      }),
    ],
  }),
  'review, deletion': review({
    kind: 'DELETE',
    lines: [orderLine({ property: null, propertyDisplayName: 'Account', proposedValue: null })],
  }),
  'review, errored': review({ state: 'ERRORED', error: failed, attempt: 2, lines: [orderLine({ state: 'ERRORED' })] }),
  'review, about oneself': review({ isOwn: true }),
  'review, decided': review({
    state: 'INACTIVE',
    lines: [orderLine({ state: 'INACTIVE' })],
    history: [move('1', 'DECLINE', 'INACTIVE')],
  }),
  'review, not there': { draw: () => <ReviewDrawer />, answers: { OrderDetail: { order: null } } },
  'review, loading': { draw: () => <ReviewDrawer /> },
  'ticket, to create': ticket({}),
  'ticket, to change, taken': ticket({
    kind: 'UPDATE',
    assignee: 'otto',
    target: { id: 't', entityType: 'Badge', key: 'B-1', displayName: 'B-1', values: [] },
    lines: [orderLine({ state: 'TRANSMITTED', currentValue: 'Lisbon', proposedValue: '' })],
  }),
  'ticket, to delete': ticket({
    kind: 'DELETE',
    target: {
      id: 't',
      entityType: 'Badge',
      key: 'B-1',
      displayName: 'B-1',
      values: [{ property: 'Holder', displayName: 'Holder name', value: long }],
    },
    lines: [orderLine({ state: 'TRANSMITTED' })],
  }),
  'order, verified': body(
    { state: 'VERIFIED', history: [move('1', 'EXECUTE', 'EXECUTED'), move('2', 'GENERATE', 'PENDING')] },
    2,
  ),
  'order, not sent': body(
    { state: 'PENDING', waits: 'OUTAGE', lines: [orderLine({ state: 'PENDING', waits: 'OUTAGE' })] },
    0,
  ),
  'difference, value': decide(difference({ current: long })),
  'difference, value missing, with others': decide(difference({ kind: 'MISSING', current: '' }), [
    difference({ propertyName: 'Holder name' }),
    unauthorized(),
  ]),
  'difference, account': decide(unauthorized({ confidence: 80 })),
  'difference, postponed': decide(
    difference({
      postponedAt: '2026-03-01T09:05:00Z',
      postponedBy: 'rita',
      postponedByName: 'Rita Reviewer',
      decisions: ['USE_PROPOSED', 'KEEP_CURRENT', 'TAKE_UP_AGAIN'],
    }),
  ),
  'difference, kept, rule says otherwise': decide(difference({ state: 'QUESTIONED' })),
  'difference, decided': decide(difference({ ...decided, decisions: [] })),
  'difference, mended': decide(difference({ closedAt: '2026-03-01T09:05:00Z', decisions: [] })),
  'difference, about oneself': decide(difference({ isOwn: true })),
  'difference, not there': decide(null),
  'differences, one decided by another': differences([
    difference({ owner: { id: 'p', entityType: 'Directory_User', key: 'E10385', displayName: long } }),
    difference({ ...decided, decisions: [] }),
    unauthorized(),
    unauthorized({ kind: 'ORPHAN', owner: null }),
    difference({ kind: 'MISSING', current: '', proposed: long, postponedAt: '2026-03-01T09:05:00Z' }),
  ]),
  'differences, none': differences([]),
  'differences, one by one only': differences(
    [difference(), difference()],
    me({ scopes: { ...me().scopes, massReconciliateResources: [] } }),
  ),
  patterns: patterns([
    pattern({}),
    pattern({
      id: 'p2',
      kind: 'UNAUTHORIZED',
      property: null,
      propertyName: null,
      current: 'adm-plang',
      isSame: false,
      count: 41,
      preExisting: 0,
    }),
    pattern({ id: 'p3', kind: 'MISSING', current: '', proposed: long, isSame: false, count: 38, preExisting: 12 }),
  ]),
  'patterns, none': patterns([]),
  'orphan, several candidates': ownerless(orphan()),
  'orphan, never matched': ownerless(orphan({ reason: 'NEVER_MATCHED', candidates: [] })),
  'orphan, leaver': ownerless(
    orphan({
      reason: 'LEAVER',
      owner: { id: 'p', entityType: 'Directory_User', key: 'E10385', displayName: long },
      leftAt: '2026-03-01T00:00:00Z',
    }),
    unauthorized({ id: 'difference-1' }),
  ),
  'orphan, nothing recognises it': ownerless(
    orphan({
      reason: 'NEVER_MATCHED',
      resourceType: null,
      resourceTypeName: null,
      itemId: null,
      candidates: [],
      types: [
        {
          identifier: 'intranet',
          displayName: 'Intranet account',
          ownerEntityType: 'Directory_User',
          comment: 'REQUIRED',
          commentOnDelete: 'OPTIONAL',
        },
        {
          identifier: 'admin',
          displayName: 'Intranet administrator',
          ownerEntityType: 'Directory_User',
          comment: 'REQUIRED',
          commentOnDelete: 'OPTIONAL',
        },
      ],
    }),
  ),
  'orphan, order under way': ownerless(orphan({ itemId: null, orderId: '7' })),
  'bulk changes under way': {
    draw: () => <BulkUnderWay kinds={['RECONCILE_RESOURCES']} />,
    answers: {
      BulkUnderWay: {
        bulkChanges: page([
          bulkChange(),
          bulkChange({ decision: 'AUTHORIZE_WITHOUT_OWNER', done: 12, skipped: 0, failed: 0, total: 40 }),
        ]),
      },
    },
  },
  'found role, lacks a value': role(foundRole()),
  'found role, whole, of a composite, long': role(
    foundRole({
      state: 'PRE_EXISTING',
      roleName: long,
      compositeName: 'Sales staff',
      lackingCount: 0,
      values: [
        {
          resourceTypeName: 'Intranet account',
          systemName: 'Intranet',
          propertyName: 'Groups',
          value: long,
          isHeld: true,
          account: { id: 'account-1', entityType: 'Intranet_Account', key: 'plang', displayName: long },
          itemId: '7',
        },
      ],
    }),
  ),
  'found role, composite': role(
    foundRole({ roleKind: 'COMPOSITE', values: [], lackingCount: 0, singleRoleNames: ['Customer records', long] }),
  ),
  'found role, postponed': role(
    foundRole({
      postponedAt: '2026-03-01T09:05:00Z',
      postponedBy: 'rita',
      postponedByName: 'Rita Reviewer',
      comment: 'Her head is asked first',
      decisions: ['KEEP_ROLE', 'REMOVE_ROLE', 'TAKE_UP_AGAIN'],
    }),
  ),
  'found role, kept': role(
    foundRole({
      state: 'KEPT',
      decisions: ['REMOVE_ROLE'],
      decidedBy: 'rita',
      decidedByName: 'Rita Reviewer',
      decidedAt: '2026-03-01T09:05:00Z',
      comment: 'She helps out until June',
    }),
  ),
  'found role, being removed': role(
    foundRole({
      state: 'REMOVED',
      decisions: ['KEEP_ROLE'],
      decidedBy: 'rita',
      decidedByName: 'Rita Reviewer',
      decidedAt: '2026-03-01T09:05:00Z',
    }),
  ),
  'found role, about oneself': role(foundRole({ isOwn: true })),
  'found role, not there': role(null),
  'bulk change, running': bulk({}, bulkItems),
  'bulk change, queued': bulk({ state: 'QUEUED', done: 0, skipped: 0, failed: 0, startedAt: null }, []),
  'bulk change, done with errors': bulk(
    { state: 'DONE_WITH_ERRORS', done: 4804, endedAt: '2026-03-01T09:05:00Z', againId: '7' },
    bulkItems,
  ),
  'bulk change, stopped': bulk(
    {
      state: 'CANCELLED',
      failure: 'The account of rita may not be used any more. Decide about the rest yourself.',
      endedAt: '2026-03-01T09:05:00Z',
    },
    bulkItems,
  ),
  'bulk change, of somebody else': bulk({ isMine: false, actor: 'rita', comment: long }),
  'palette, recent': palette([], () => keepRecent(me().username, hit)),
  'palette, nothing before': palette([], () => sessionStorage.clear()),
  'person, there': {
    draw: () => (
      <h1>
        <PersonHeading person={personRow} />
      </h1>
    ),
  },
  'person, gone': {
    draw: () => (
      <h1>
        <PersonHeading person={{ ...personRow, validTo: '2026-03-02T00:00:00Z' }} />
      </h1>
    ),
  },
  states: {
    draw: () => (
      <ul className="plain">
        {(Object.keys(provisioningStates) as (keyof typeof provisioningStates)[]).map((state) => (
          <li key={state}>
            <StateBadge state={state} />
          </li>
        ))}
        {Object.entries({ ...jobStates, ...healthStates }).map(([state, look]) => (
          <li key={state}>
            <Badge {...look} />
          </li>
        ))}
      </ul>
    ),
  },
  'question with a reason': {
    draw: () => (
      <ConfirmDialog
        title={`Decline to create Intranet administrator for ${long}, E10385?`}
        text="Nothing will be written."
        action="Decline"
        danger
        reason={{ label: 'Why?', required: true }}
        onConfirm={nothing}
        onClose={nothing}
      />
    ),
  },
  'question with a word to type': {
    draw: () => (
      <ConfirmDialog
        title="Delete Petra Lang?"
        text="Accounts are removed."
        action="Delete"
        typed={{ label: 'Type E1 to confirm', word: 'E1' }}
        onConfirm={nothing}
        onClose={nothing}
      />
    ),
  },
  limits: {
    draw: () => (
      <LimitTable
        limits={[{ name: 'Human resources: gone', counted: '400', limit: '5 % of 1 107', resourceType: '' }]}
      />
    ),
  },
  difference: { draw: () => <Diff before="Petra Lang" after={long} /> },
  'nothing there': { draw: () => <EmptyNote title="No things" hint="Make one." action={<Button>Make one</Button>} /> },
  'error note': {
    draw: () => <ProblemNote problem={{ code: 'CONFLICT', message: failed.message, id: 'f3a9' }} onRetry={nothing} />,
  },
  'error note of several mistakes': {
    draw: () => (
      <ProblemNote
        problem={{
          code: 'VALIDATION',
          message: 'There is no category "Nope". Define it in the same configuration or correct the name. (roles.yaml:4)',
          others: [{ message: long }, { message: 'approvalWorkflowType is between 0 and 3, not 9. (roles.yaml:9)' }],
        }}
      />
    ),
  },
  loading: { draw: () => <Skeleton lines={8} /> },
}
