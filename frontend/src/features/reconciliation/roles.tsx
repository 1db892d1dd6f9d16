import {
  IconAlertTriangle,
  IconBriefcase,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconPackages,
} from '@tabler/icons-react'
import type { ReconciliationDecision, RoleReconciliationState } from '../../graphql/types.generated'
import type { Look } from '../../lib/states'
import { t } from '../../lib/texts'
import { n, type Amount } from '../../lib/texts/plural'
import { Badge } from '../../ui/Badge'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import { questionOfMany } from './decisions'
import { Named } from './differenceColumns'
import { postponedLook } from './looks'
import type { FoundRoleRowFragment, RolePatternRowFragment } from './RolesTab.generated'

const state = (name: RoleReconciliationState) => ({
  word: t.reconcile.role.states[name],
  hint: t.reconcile.role.stateHint[name],
})

export const roleStateLooks: Record<RoleReconciliationState, Look> = {
  NON_CONFORMING: { tone: 'amber', icon: IconAlertTriangle, ...state('NON_CONFORMING') },
  PRE_EXISTING: { tone: 'slate', icon: IconClock, ...state('PRE_EXISTING') },
  KEPT: { tone: 'green', icon: IconCircleCheck, ...state('KEPT') },
  REMOVED: { tone: 'red', icon: IconCircleX, ...state('REMOVED') },
}

/** A found role inside a sentence: "Sales of Petra Lang, E10002". */
export const rolePhrase = (row: FoundRoleRowFragment) =>
  t.reconcile.role.phrase(row.roleName, `${row.owner.displayName}, ${row.owner.key}`)

/** The question before a decision about many roles. */
export function questionOfRoles(decision: ReconciliationDecision, count: Amount, rows: FoundRoleRowFragment[]) {
  const question = questionOfMany(decision, count, rows)
  const title =
    decision === 'POSTPONE'
      ? t.reconcile.role.askPostpone(count)
      : decision === 'TAKE_UP_AGAIN'
        ? t.reconcile.role.askTakeUp(count)
        : question.title
  return { ...question, title }
}

type Value = FoundRoleRowFragment['values'][number]

/** One value in a few words. */
export const valueWords = (value: Value) => value.value || t.reconcile.role.theAccount

const words = (row: FoundRoleRowFragment, held: boolean) =>
  row.values.filter((value) => value.isHeld === held).map(valueWords)

/** What it was read from: values of accounts, of a composite role its single roles. */
const sources = (row: FoundRoleRowFragment) => [...words(row, true), ...row.singleRoleNames].join(', ')

const patternSources = (row: RolePatternRowFragment) =>
  row.roleKind === 'COMPOSITE' ? t.reconcile.role.itsRoles : row.values.join(', ')

/** A role with the sign of its kind. */
export function RoleName({ name, kind }: { name: string; kind: 'SINGLE' | 'COMPOSITE' }) {
  const Icon = kind === 'COMPOSITE' ? IconPackages : IconBriefcase
  return (
    <span className="cut">
      <Icon size={14} aria-hidden /> {name}
    </span>
  )
}

export const foundRoleColumns: Column<FoundRoleRowFragment>[] = [
  {
    id: 'owner',
    header: t.reconcile.owner,
    width: 'minmax(180px, 1.2fr)',
    cell: (r) => <Stack main={r.owner.displayName} sub={r.isOwnerGone ? t.reconcile.gone : r.owner.key} />,
    text: (r) => r.owner.displayName,
    also: [{ header: t.order.ownerKey, text: (r) => r.owner.key }],
  },
  {
    id: 'role',
    header: t.reconcile.role.name,
    width: 'minmax(150px, 1fr)',
    lasting: true,
    cell: (r) => <RoleName name={r.roleName} kind={r.roleKind} />,
    text: (r) => r.roleName,
  },
  {
    id: 'from',
    header: t.reconcile.role.from,
    width: 'minmax(150px, 1.1fr)',
    lasting: true,
    cell: (r) => (
      <Named name={t.reconcile.role.from}>
        <span className="cut" title={sources(r)} data-machine>
          {sources(r)}
        </span>
      </Named>
    ),
    text: sources,
  },
  {
    id: 'lacks',
    header: t.reconcile.role.lacks,
    width: 'minmax(130px, 0.9fr)',
    lasting: true,
    cell: (r) => (
      <Named name={t.reconcile.role.lacks}>
        {r.lackingCount === 0 ? (
          <span className="dim">{t.reconcile.role.whole}</span>
        ) : (
          <span className="cut" title={words(r, false).join(', ')} data-machine>
            {words(r, false).join(', ')}
          </span>
        )}
      </Named>
    ),
    text: (r) => words(r, false).join(', '),
  },
  {
    id: 'state',
    header: t.common.state,
    width: '150px',
    lasting: true,
    cell: (r) => <Badge {...(r.postponedAt ? postponedLook : roleStateLooks[r.state])} />,
    text: (r) => t.reconcile.role.states[r.state],
  },
  {
    id: 'found',
    header: t.reconcile.found,
    width: '84px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.foundAt} />,
    text: (r) => r.foundAt,
  },
]

export const rolePatternColumns: Column<RolePatternRowFragment>[] = [
  {
    id: 'role',
    header: t.reconcile.role.name,
    width: 'minmax(160px, 1.2fr)',
    cell: (p) => <RoleName name={p.roleName} kind={p.roleKind} />,
    text: (p) => p.roleName,
  },
  {
    id: 'count',
    header: t.reconcile.role.people,
    width: '72px',
    align: 'right',
    lasting: true,
    cell: (p) => <Count value={p.count} />,
    text: (p) => String(p.count),
  },
  {
    id: 'holders',
    header: t.reconcile.role.holders,
    width: '132px',
    align: 'right',
    cell: (p) => <Count value={p.holders} />,
    text: (p) => String(p.holders),
  },
  {
    id: 'from',
    header: t.reconcile.role.from,
    width: 'minmax(150px, 1.2fr)',
    lasting: true,
    cell: (p) => (
      <Named name={t.reconcile.role.from}>
        <span className="cut" title={patternSources(p)} data-machine>
          {patternSources(p)}
        </span>
      </Named>
    ),
    text: patternSources,
  },
  {
    id: 'complete',
    header: t.reconcile.role.complete,
    width: 'minmax(130px, 0.8fr)',
    lasting: true,
    cell: (p) => <span className="cut">{t.reconcile.role.part(p.complete, p.count)}</span>,
    text: (p) => t.reconcile.role.part(p.complete, p.count),
  },
  {
    id: 'lacking',
    header: t.reconcile.role.lacks,
    width: '84px',
    align: 'right',
    cell: (p) => <span className="num">{n(p.lacking)}</span>,
    text: (p) => String(p.lacking),
  },
  {
    id: 'came',
    header: t.reconcile.came,
    width: 'minmax(130px, 0.8fr)',
    cell: (p) => <span className="cut">{t.reconcile.preExisting(p.preExisting, p.count)}</span>,
    text: (p) => t.reconcile.preExisting(p.preExisting, p.count),
  },
  {
    id: 'found',
    header: t.reconcile.found,
    width: '84px',
    align: 'right',
    cell: (p) => <RelativeTime at={p.oldestAt} />,
    text: (p) => p.oldestAt,
  },
]
