import { useBulkUnderWay } from '../../src/graphql/useBulkUnderWay'
import { BulkUnderWay } from '../../src/ui/BulkUnderWay'
import { DifferenceDrawer } from '../../src/features/reconciliation/DifferenceDrawer'
import { DifferenceList } from '../../src/features/reconciliation/DifferenceList'
import { FiguresTab } from '../../src/features/reconciliation/FiguresTab'
import { OrphanDrawer } from '../../src/features/reconciliation/OrphanDrawer'
import { PatternList } from '../../src/features/reconciliation/PatternList'
import type { PatternRowFragment } from '../../src/features/reconciliation/PatternList.generated'
import { ProlongedDrawer } from '../../src/features/reconciliation/ProlongedDrawer'
import { RecognitionDrawer } from '../../src/features/reconciliation/RecognitionDrawer'
import { RoleDrawer } from '../../src/features/reconciliation/RoleDrawer'
import {
  bulkChange,
  difference,
  foundRole,
  me,
  orphan,
  prolongedRole,
  recognized,
  unauthorized,
} from '../../src/test/factories'
import { Diff } from '../../src/ui/Diff'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const decide = (item: ReturnType<typeof difference> | null, others: unknown[] = []): Story => ({
  at: `/reconcile/resources/${item?.id ?? '1'}`,
  draw: () => <DifferenceDrawer />,
  answers: { DifferenceDetail: { reconciliationItem: item }, OtherDifferences: { reconciliationItems: page(others) } },
})

const prolonged = (item: ReturnType<typeof prolongedRole> | null): Story => ({
  at: `/reconcile/prolonged/${item?.id ?? '1'}`,
  draw: () => <ProlongedDrawer />,
  answers: { ProlongedDetail: { prolongedRole: item } },
})

const role = (item: ReturnType<typeof foundRole> | null): Story => ({
  at: `/reconcile/roles/${item?.id ?? '1'}`,
  draw: () => <RoleDrawer />,
  answers: { FoundRoleDetail: { roleReconciliationItem: item } },
})

const recognition = (account: ReturnType<typeof recognized> | null): Story => ({
  at: `/reconcile/recognition/${account?.id ?? '1'}`,
  draw: () => <RecognitionDrawer />,
  answers: { RecognitionDetail: { recognizedAccounts: page(account ? [account] : []) } },
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

const figures = (differencesByAge: unknown[], coverageBySystem: unknown[]): Story => ({
  at: '/reconcile/figures',
  draw: () => <FiguresTab />,
  answers: { ReconciliationFigures: { differencesByAge, coverageBySystem } },
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

function UnderWay() {
  return <BulkUnderWay {...useBulkUnderWay(['RECONCILE_RESOURCES'])} />
}

export const reconciliationStories: Record<string, Story> = {
  'figures, systems of all sizes': figures(
    [
      { system: 'Intranet', systemName: long, day: 4812, week: 96, month: 13, quarter: 1, older: 250, total: 5172 },
      { system: 'Badge', systemName: 'Badge office', day: 0, week: 0, month: 0, quarter: 0, older: 1, total: 1 },
      { system: null, systemName: null, day: 2, week: 0, month: 0, quarter: 0, older: 0, total: 2 },
    ],
    [
      { system: 'Intranet', systemName: long, automatic: 98412, manual: 96, found: 13, total: 98521 },
      { system: 'Badge', systemName: 'Badge office', automatic: 0, manual: 0, found: 2, total: 2 },
    ],
  ),
  'figures, nothing waits': figures([], []),
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
  'recognition, decided by hand': recognition(recognized()),
  'recognition, several candidates': recognition(
    recognized({
      state: 'AMBIGUOUS',
      owner: null,
      isFrozen: false,
      frozenBy: null,
      frozenByName: null,
      frozenAt: null,
      comment: '',
      rules: ['Petra Lang', long].map((displayName, at) => ({
        kind: 'CORRELATION' as const,
        rule: 'Found by Holder name, equal to Last name of the owner: 60 % sure.',
        resourceTypeName: 'Intranet account',
        owner: { id: `p${at}`, entityType: 'Directory_User', key: `E${at}`, displayName },
        confidence: 60,
        value: 'Lang',
        isShared: true,
        isCurrent: false,
      })),
      forecast: { outcome: 'AMBIGUOUS', owner: null, confidence: null, refusal: null },
    }),
  ),
  'recognition, no rule, an order is under way': recognition(
    recognized({
      rules: [],
      orderId: '7',
      forecast: {
        outcome: 'UNRECOGNIZED',
        owner: null,
        confidence: null,
        refusal: 'An order about this account is under way. Let it end, or decide about it, first.',
      },
    }),
  ),
  'recognition, gone': recognition(null),
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
    draw: () => <UnderWay />,
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
  'prolonged role': prolonged(prolongedRole()),
  'prolonged role, overruled, decided by a rule, long': prolonged(
    prolongedRole({
      cause: 'OVERRULED',
      roleName: long,
      rules: [long, 'Source_Code-Engineering'],
      automatic: { rule: 'Out', ruleName: 'No grace', decision: 'DECLINE', at: '2026-03-04T08:00:00Z' },
    }),
  ),
  'prolonged role, about oneself': prolonged(prolongedRole({ isOwn: true })),
  'prolonged role, not there': prolonged(null),
  difference: { draw: () => <Diff before="Petra Lang" after={long} /> },
}
