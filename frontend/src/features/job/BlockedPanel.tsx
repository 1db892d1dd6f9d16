import { IconHandStop } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useConnection } from '../../graphql/useConnection'
import { formatName, formatValue } from '../../lib/format'
import { t } from '../../lib/texts'
import { Json } from '../../ui/Json'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { blockedLimits } from './blockedLimits'
import { DeliveryChangesDocument, type DeliveryChangesQuery, type TaskFieldsFragment } from './job.generated'
import classes from './Job.module.css'

/** What exceeded which limit, the changes to look at, and what can be done. */
export function BlockedPanel({ task, actions }: { task: TaskFieldsFragment; actions: ReactNode }) {
  const limits = blockedLimits(task.blocked)
  return (
    <section className={classes.blocked} aria-labelledby="blocked">
      <div className={classes.blockedHead}>
        <IconHandStop size={20} aria-hidden />
        <div>
          <h2 id="blocked">
            {t.job.blocked}: {task.displayName}
          </h2>
          <p className="dim">{t.job.blockedText}</p>
        </div>
      </div>
      {limits.length > 0 ? (
        <table className={classes.limits}>
          <thead>
            <tr>
              <th scope="col">{t.job.counter}</th>
              <th scope="col">{t.job.counted}</th>
              <th scope="col">{t.job.limit}</th>
            </tr>
          </thead>
          <tbody>
            {limits.map((limit) => (
              <tr key={`${limit.name} ${limit.limit}`}>
                <td>{limit.name}</td>
                <td className={classes.over}>{limit.counted}</td>
                <td>{limit.limit}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        task.blocked !== null && <Json value={task.blocked} label={t.job.blocked} />
      )}
      {task.deliveryId && <Changes deliveryId={task.deliveryId} />}
      {actions}
    </section>
  )
}

type Change = NonNullable<DeliveryChangesQuery['delivery']>['changes']['nodes'][number]

const columns: Column<Change>[] = [
  {
    id: 'command',
    header: t.job.command,
    width: '90px',
    cell: (c) => formatName(c.command),
    text: (c) => c.command,
  },
  {
    id: 'entityType',
    header: t.system.kind,
    width: 'minmax(120px, 1fr)',
    cell: (c) => <span className="cut">{c.entityType}</span>,
    text: (c) => c.entityType,
  },
  {
    id: 'key',
    header: t.common.key,
    width: 'minmax(120px, 1fr)',
    cell: (c) => <span className="cut mono">{c.key}</span>,
    text: (c) => c.key,
  },
  {
    id: 'old',
    header: t.job.oldValues,
    width: 'minmax(140px, 2fr)',
    cell: (c) => <Values values={c.oldValues} />,
    text: (c) => JSON.stringify(c.oldValues ?? ''),
  },
  {
    id: 'new',
    header: t.job.newValues,
    width: 'minmax(140px, 2fr)',
    cell: (c) => <Values values={c.newValues} />,
    text: (c) => JSON.stringify(c.newValues ?? ''),
  },
]

function Values({ values }: { values: unknown }) {
  if (values === null || values === undefined) return <span className="dim">–</span>
  const text = Object.entries(values as Record<string, unknown>)
    .map(([name, value]) => `${name}: ${formatValue(value)}`)
    .join(' · ')
  return (
    <span className="cut" title={text}>
      {text}
    </span>
  )
}

function Changes({ deliveryId }: { deliveryId: string }) {
  const list = useConnection({
    document: DeliveryChangesDocument,
    variables: { id: deliveryId },
    select: (data) => data.delivery?.changes ?? nothing,
  })
  return (
    <>
      <h3>{t.job.changes}</h3>
      <div className={classes.changes}>
        <Table
          label={t.job.delivery}
          name="delivery-changes"
          list={list}
          columns={columns}
          getId={changeId}
          empty={{ title: t.job.noChanges, hint: t.job.noChangesHint }}
        />
      </div>
    </>
  )
}

const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 }
const changeId = (change: Change) => `${change.entityType} ${change.key} ${change.command}`
