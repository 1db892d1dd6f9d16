import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { RelativeTime } from '../../ui/RelativeTime'
import { formatExact } from '../../lib/format'
import { actionIcons, lateLook } from './looks'
import classes from './Request.module.css'
import type { RequestRowFragment } from './request.generated'
import { itemLook } from './requestWords'

const what: Column<RequestRowFragment> = {
  id: 'what',
  header: t.request.what,
  width: 'minmax(190px, 1.4fr)',
  lasting: true,
  cell: (r) => {
    const Sign = actionIcons[r.action]
    return (
      <span className={classes.entry}>
        <Sign size={15} stroke={1.8} role="img" aria-label={t.request.action[r.action]} className="dim" />
        <span className="cut">
          {r.action !== 'ADD' && <span className="dim">{t.request.action[r.action]}: </span>}
          <span className={classes.entryName}>{r.objectName}</span>
        </span>
      </span>
    )
  },
  text: (r) => r.objectName,
  also: [
    { header: t.common.identifier, text: (r) => r.role },
    { header: t.request.actions, text: (r) => r.action },
  ],
}

const who: Column<RequestRowFragment> = {
  id: 'who',
  header: t.request.who,
  width: 'minmax(160px, 1.1fr)',
  lasting: true,
  cell: (r) => <Stack main={r.owner.displayName} sub={r.owner.key} />,
  text: (r) => r.owner.displayName,
  also: [{ header: t.order.ownerKey, text: (r) => r.owner.key }],
}

const state: Column<RequestRowFragment> = {
  id: 'state',
  header: t.common.state,
  width: 'minmax(150px, 0.9fr)',
  lasting: true,
  cell: (r) => {
    const { tone, icon, word, hint } = itemLook(r)
    return <Badge tone={tone} icon={icon} word={word} hint={hint} />
  },
  text: (r) => itemLook(r).word,
  also: [{ header: t.help.code, text: (r) => r.state }],
}

const from: Column<RequestRowFragment> = {
  id: 'from',
  header: t.request.from_,
  width: 'minmax(120px, 0.8fr)',
  cell: (r) => <span className="cut">{r.requesterName}</span>,
  text: (r) => r.requesterName,
}

const number: Column<RequestRowFragment> = {
  id: 'number',
  header: t.request.number,
  width: '92px',
  cell: (r) => <span className="mono">{r.requestNumber}</span>,
  text: (r) => r.requestNumber,
}

const at: Column<RequestRowFragment> = {
  id: 'at',
  header: t.request.at,
  width: '104px',
  align: 'right',
  sort: { up: 'OLDEST', down: 'NEWEST' },
  cell: (r) => <RelativeTime at={r.submittedAt} />,
  text: (r) => r.submittedAt,
}

const due: Column<RequestRowFragment> = {
  id: 'due',
  header: t.request.due,
  width: '128px',
  sort: { up: 'DUE' },
  cell: (r) =>
    r.isLate ? (
      <Badge {...lateLook} hint={t.request.lateHint(formatExact(r.dueAt ?? ''))} />
    ) : (
      <RelativeTime at={r.dueAt} />
    ),
  text: (r) => r.dueAt ?? '',
}

/** What one asked for: what first. */
export const mineColumns = [what, who, state, from, number, at]
/** What one decides: whom it is about first. */
export const approvalColumns = [who, what, from, state, number, due, at]
