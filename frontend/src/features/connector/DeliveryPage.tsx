import { getRouteApi } from '@tanstack/react-router'
import { useQuery } from 'urql'
import { useConnection } from '../../graphql/useConnection'
import { formatName, formatValue } from '../../lib/format'
import { deliveryStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { DeliveryHeadDocument, DeliveryPageDocument, type DeliveryPageQuery } from './connector.generated'

import classes from './ConnectorPage.module.css'

const route = getRouteApi('/shell/deliveries/$id')

type Change = NonNullable<DeliveryPageQuery['delivery']>['changes']['nodes'][number]

const columns: Column<Change>[] = [
  { id: 'command', header: t.job.command, width: '90px', cell: (c) => formatName(c.command), text: (c) => c.command },
  {
    id: 'entityType',
    header: t.system.kind,
    width: 'minmax(130px, 0.8fr)',
    cell: (c) => <span className="cut">{c.entityType}</span>,
    text: (c) => c.entityType,
  },
  {
    id: 'key',
    header: t.common.key,
    width: 'minmax(130px, 0.8fr)',
    cell: (c) => <span className="mono cut">{c.key}</span>,
    text: (c) => c.key,
  },
  {
    id: 'old',
    header: t.job.oldValues,
    width: 'minmax(180px, 2fr)',
    cell: (c) => <Values of={c.oldValues} />,
    text: (c) => JSON.stringify(c.oldValues ?? ''),
  },
  {
    id: 'new',
    header: t.job.newValues,
    width: 'minmax(180px, 2fr)',
    cell: (c) => <Values of={c.newValues} />,
    text: (c) => JSON.stringify(c.newValues ?? ''),
  },
]

/** The changes that one synchronization found. */
export function DeliveryPage() {
  const { id } = route.useParams()
  const [{ data }] = useQuery({ query: DeliveryHeadDocument, variables: { id } })
  const list = useConnection({
    document: DeliveryPageDocument,
    variables: { id },
    select: (d) => d.delivery?.changes ?? nothing,
  })
  const delivery = data?.delivery
  const counters = Object.entries((delivery?.counters ?? {}) as Record<string, unknown>).filter(
    ([, value]) => typeof value === 'number' && value !== 0,
  )
  return (
    <Page
      title={t.job.delivery}
      heading={
        <>
          {t.job.delivery} {delivery && <Badge {...deliveryStates[delivery.state]} />}
        </>
      }
      hint={
        delivery && (
          <>
            {formatName(delivery.mode)} · <RelativeTime at={delivery.startedAt} />
            {counters.map(([name, value]) => ` · ${formatName(name)} ${formatValue(value)}`)}
          </>
        )
      }
    >
      {delivery?.error && (
        <div className={classes.note}>
          <ProblemNote
            title={delivery.state === 'BLOCKED' ? t.job.deliveryBlocked : t.job.deliveryFailed}
            problem={{
              code: delivery.state === 'BLOCKED' ? 'THRESHOLD_EXCEEDED' : 'VALIDATION',
              message: delivery.error,
            }}
          />
        </div>
      )}
      <Table
        label={t.job.delivery}
        name="changes"
        list={list}
        columns={columns}
        getId={changeId}
        empty={{ title: t.job.noChanges, hint: t.job.noChangesHint }}
      />
    </Page>
  )
}

function Values({ of: values }: { of: unknown }) {
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

const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 }
const changeId = (change: Change) => `${change.entityType} ${change.key} ${change.command}`
