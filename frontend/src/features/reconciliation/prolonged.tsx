import type { RoleReviewDecision } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { n, sizeOf, type Amount } from '../../lib/texts/plural'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import { reasonOf } from './decisions'
import { Named } from './differenceColumns'
import type { ProlongedRowFragment } from './ProlongedTab.generated'
import { RoleName } from './roles'

export const reviewDecisions: RoleReviewDecision[] = ['APPROVE', 'DECLINE']

export const reviewKeys: Record<RoleReviewDecision, string> = { APPROVE: 'a', DECLINE: 'd' }

/** A role in its grace period inside a sentence: "Sales of Petra Lang, E10002". */
export const prolongedPhrase = (row: ProlongedRowFragment) =>
  t.reconcile.role.phrase(row.roleName, `${row.owner.displayName}, ${row.owner.key}`)

/** What the rules did, with their names. */
export const causeWords = (row: ProlongedRowFragment) =>
  t.reconcile.prolonged.because[row.cause](row.rules.join(', '), row.rules.length)

/** Whether a decision about some roles takes a comment: as whichever asks for most. */
function activationOf(decision: RoleReviewDecision, rows: ProlongedRowFragment[]) {
  const said = rows.flatMap((row) => row.comments.filter((c) => c.decision === decision).map((c) => c.activation))
  if (said.includes('REQUIRED')) return 'REQUIRED'
  return said.length === 0 || said.includes('OPTIONAL') ? 'OPTIONAL' : 'DISABLED'
}

/** The question before a decision about one role. */
export const questionOfProlonged = (decision: RoleReviewDecision, row: ProlongedRowFragment) => ({
  title: t.reconcile.prolonged.ask[decision](prolongedPhrase(row)),
  text: t.reconcile.prolonged.consequence[decision],
  action: t.reconcile.prolonged.decisions[decision],
  danger: decision === 'DECLINE',
  reason: reasonOf(activationOf(decision, [row])),
})

/** The question before a decision about many roles. */
export const questionOfManyProlonged = (decision: RoleReviewDecision, count: Amount, rows: ProlongedRowFragment[]) => ({
  title: t.reconcile.prolonged.askMany[decision](count),
  action: t.reconcile.prolonged.decisions[decision],
  danger: decision === 'DECLINE',
  reason: reasonOf(activationOf(decision, rows)),
  typed:
    decision === 'DECLINE' || sizeOf(count) > 20
      ? { label: `${t.reconcile.typeCount}: ${n(sizeOf(count))}`, word: String(sizeOf(count)) }
      : undefined,
})

export const prolongedColumns: Column<ProlongedRowFragment>[] = [
  {
    id: 'owner',
    header: t.reconcile.owner,
    width: 'minmax(180px, 1.2fr)',
    cell: (r) => <Stack main={r.owner.displayName} sub={r.owner.key} />,
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
    id: 'cause',
    header: t.reconcile.prolonged.cause,
    width: 'minmax(180px, 1.4fr)',
    lasting: true,
    cell: (r) => (
      <Named name={t.reconcile.prolonged.cause}>
        <span className="cut" title={causeWords(r)} data-machine>
          {causeWords(r)}
        </span>
      </Named>
    ),
    text: causeWords,
  },
  {
    id: 'since',
    header: t.reconcile.prolonged.since,
    width: '96px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.since} />,
    text: (r) => r.since,
  },
  {
    id: 'until',
    header: t.reconcile.prolonged.until,
    width: '110px',
    align: 'right',
    lasting: true,
    cell: (r) => (r.until ? <RelativeTime at={r.until} /> : t.common.none),
    text: (r) => r.until ?? '',
  },
]
