import { formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import type { RedundantRowFragment } from './redundancy.generated'
import classes from './Redundant.module.css'

/** A time, as people read it: days, or always. */
export const periodWords = (p: { start: string | null; end: string | null }) =>
  formatPeriod(p.start, p.end) || t.redundant.always

/** Why it is redundant: when rules give it, and which. */
export const whyWords = (row: RedundantRowFragment) =>
  row.given.map((g) => `${g.reasons.join(' ')} ${periodWords(g)}`).join('; ')

export const remainingWords = (row: RedundantRowFragment) =>
  row.remaining.length === 0 ? t.redundant.nothing : row.remaining.map(periodWords).join('; ')

/** A redundant assignment inside a sentence: "Sales of Petra Lang, E10002". */
export const redundantPhrase = (row: RedundantRowFragment) =>
  t.redundant.phrase(row.objectName, `${row.owner.displayName}, ${row.owner.key}`)

export const redundantColumns: Column<RedundantRowFragment>[] = [
  {
    id: 'owner',
    header: t.redundant.owner,
    width: 'minmax(170px, 1fr)',
    cell: (row) => <Stack main={row.owner.displayName} sub={row.owner.key} />,
    text: (row) => row.owner.displayName,
    also: [
      { header: t.redundant.ownerKey, text: (row) => row.owner.key },
      { header: t.redundant.ownerType, text: (row) => row.owner.entityType },
    ],
  },
  {
    id: 'what',
    header: t.redundant.what,
    width: 'minmax(160px, 1fr)',
    lasting: true,
    cell: (row) => <Stack main={row.objectName} sub={`${t.redundant.kinds[row.kind]}, ${row.policyName}`} />,
    text: (row) => row.objectName,
    also: [
      { header: t.redundant.kind, text: (row) => t.redundant.kinds[row.kind] },
      { header: t.redundant.policy, text: (row) => row.policyName },
    ],
  },
  {
    id: 'approved',
    header: t.redundant.approved,
    width: '170px',
    cell: (row) => periodWords({ start: row.startDate, end: row.endDate }),
    text: (row) => periodWords({ start: row.startDate, end: row.endDate }),
  },
  {
    id: 'why',
    header: t.redundant.why,
    width: 'minmax(240px, 2fr)',
    lasting: true,
    cell: (row) => (
      <span className="cut" title={whyWords(row)} data-machine>
        {whyWords(row)}
      </span>
    ),
    text: whyWords,
  },
  {
    id: 'remaining',
    header: t.redundant.remaining,
    width: 'minmax(130px, 0.9fr)',
    lasting: true,
    cell: (row) => (
      <span className="cut" title={remainingWords(row)}>
        <span className={classes.onCard}>{t.redundant.remaining}: </span>
        {remainingWords(row)}
      </span>
    ),
    text: remainingWords,
  },
]
