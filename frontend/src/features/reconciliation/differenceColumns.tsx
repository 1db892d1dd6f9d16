import type { ReactNode } from 'react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import type { DifferenceRowFragment } from './DifferenceList.generated'
import classes from './Reconciliation.module.css'
import { decidedLook, fate, kindLooks, postponedLook, stateLooks } from './looks'

/** A value, or the word for none; in a cell it is cut, and whole where there is room below. */
export function Value({ of, whole }: { of: string; whole?: boolean }) {
  return of === '' ? (
    <em className="dim">{t.reconcile.nothing}</em>
  ) : (
    <span className={whole ? undefined : 'cut'} title={whole ? undefined : of} data-machine>
      {of}
    </span>
  )
}

/** A value with the name of its column, where there is no head of columns: on cards. */
export function Named({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span className={classes.named}>
      <span className={classes.onCard}>{name}</span>
      {children}
    </span>
  )
}

/** How a difference stands: decided by whom, put off, or how it came. */
function Standing({ of }: { of: DifferenceRowFragment }) {
  const became = fate(of)
  if (became) return <Badge {...decidedLook} word={became} />
  return <Badge {...(of.postponedAt ? postponedLook : stateLooks[of.state])} />
}

const account = (d: DifferenceRowFragment) => d.target?.displayName ?? d.current

export const differenceColumns: Column<DifferenceRowFragment>[] = [
  {
    id: 'owner',
    header: t.reconcile.owner,
    width: 'minmax(190px, 1.3fr)',
    cell: (d) =>
      d.owner ? (
        <Stack main={d.owner.displayName} sub={d.isOwnerGone ? t.reconcile.gone : d.owner.key} />
      ) : (
        <Stack main={account(d)} sub={t.reconcile.noOwner} />
      ),
    text: (d) => d.owner?.displayName ?? '',
    also: [
      { header: t.order.ownerKey, text: (d) => d.owner?.key ?? '' },
      { header: t.reconcile.account, text: account },
      { header: t.order.targetKey, text: (d) => d.target?.key ?? '' },
    ],
  },
  {
    id: 'what',
    header: t.reconcile.what,
    width: 'minmax(110px, 0.8fr)',
    lasting: true,
    cell: (d) => <span className="cut">{d.propertyName ?? t.reconcile.theAccount}</span>,
    text: (d) => d.propertyName ?? t.reconcile.theAccount,
  },
  {
    id: 'resourceType',
    header: t.order.resourceType,
    width: 'minmax(130px, 0.9fr)',
    cell: (d) => <span className="cut">{d.resourceTypeName}</span>,
    text: (d) => d.resourceTypeName,
    also: [{ header: t.order.resourceTypeId, text: (d) => d.resourceType }],
  },
  {
    id: 'current',
    header: t.reconcile.current,
    width: 'minmax(100px, 1fr)',
    lasting: true,
    cell: (d) => (
      <Named name={t.reconcile.current}>
        <Value of={d.current} />
      </Named>
    ),
    text: (d) => d.current,
  },
  {
    id: 'proposed',
    header: t.reconcile.proposed,
    width: 'minmax(100px, 1fr)',
    lasting: true,
    cell: (d) => (
      <Named name={t.reconcile.proposed}>
        {d.property === null ? <span className="dim">{t.common.nothing}</span> : <Value of={d.proposed} />}
      </Named>
    ),
    text: (d) => d.proposed,
  },
  {
    id: 'system',
    header: t.common.system,
    width: 'minmax(90px, 0.7fr)',
    cell: (d) => <span className="cut">{d.systemName ?? ''}</span>,
    text: (d) => d.systemName ?? '',
  },
  {
    id: 'kind',
    header: t.order.what,
    width: '176px',
    hidden: true,
    cell: (d) => <Badge {...kindLooks[d.kind]} />,
    text: (d) => t.reconcile.kind[d.kind],
  },
  {
    id: 'state',
    header: t.reconcile.came,
    width: 'minmax(150px, 1.4fr)',
    cell: (d) => <Standing of={d} />,
    text: (d) => fate(d) ?? t.reconcile.states[d.state],
  },
  {
    id: 'found',
    header: t.reconcile.found,
    width: '84px',
    align: 'right',
    cell: (d) => <RelativeTime at={d.foundAt} />,
    text: (d) => d.foundAt,
    sort: { up: 'OLDEST', down: 'NEWEST' },
  },
]
