import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { formatExact } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { webhookDeliveryStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Json } from '../../ui/Json'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime, useNow } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import {
  WebhookDeliveriesDocument,
  WebhookHeadDocument,
  type WebhookDeliveryRowFragment,
} from './WebhookPage.generated'
import classes from './Webhook.module.css'
import { about, cursorOf, toldOf } from './message'
import { ReplayFrom } from './ReplayFrom'
import { WebhookActions } from './WebhookActions'
import { WebhookStatus } from './WebhookStatus'

const route = getRouteApi('/shell/webhooks/$id')

const columns: Column<WebhookDeliveryRowFragment>[] = [
  {
    id: 'message',
    header: t.webhook.message,
    width: 'minmax(300px, 2.4fr)',
    cell: (d) => <Stack main={about(d.body) || d.messageId} />,
    text: (d) => d.messageId,
    lasting: true,
  },
  {
    id: 'state',
    header: t.common.state,
    width: '120px',
    cell: (d) => <Badge {...webhookDeliveryStates[d.state]} />,
    text: (d) => d.state,
  },
  {
    id: 'status',
    header: t.webhook.response,
    width: 'minmax(140px, 1.4fr)',
    cell: (d) => <span className="cut">{answer(d.attempts.at(-1))}</span>,
    text: (d) => answer(d.attempts.at(-1)),
  },
  {
    id: 'attempts',
    header: t.webhook.attempts,
    width: '90px',
    align: 'right',
    cell: (d) => <span className="num">{d.attempts.length}</span>,
    text: (d) => String(d.attempts.length),
  },
  {
    id: 'next',
    header: t.webhook.next,
    width: '100px',
    align: 'right',
    cell: (d) => <NextTry delivery={d} />,
  },
  {
    id: 'created',
    header: t.order.created,
    width: '110px',
    align: 'right',
    cell: (d) => <RelativeTime at={d.createdAt} />,
    text: (d) => d.createdAt,
  },
]

/** One endpoint and what was delivered to it. */
export function WebhookPage() {
  const { id } = route.useParams()
  const { can } = useCan()
  const [open, setOpen] = useState<WebhookDeliveryRowFragment | null>(null)
  const [{ data, error, fetching }, read] = useReading({
    query: WebhookHeadDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const list = useConnection({
    document: WebhookDeliveriesDocument,
    variables: { id },
    select: (d) => d.webhook?.deliveries ?? nothing,
    pageSize: 50,
  })
  const webhook = data?.webhook
  if (!webhook) {
    return (
      <Page title={t.webhook.title} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
        )}
      </Page>
    )
  }
  return (
    <Page
      title={webhook.url}
      heading={
        <>
          <span className="cut">{webhook.url}</span> <WebhookStatus webhook={webhook} />
        </>
      }
      hint={[webhook.description, toldOf(webhook.events), webhook.disabledReason].filter(Boolean).join(' · ')}
      actions={can(permissions.webhooksUpdate) && <WebhookActions webhook={webhook} onChanged={list.refresh} />}
    >
      <Table
        label={t.webhook.deliveries}
        name="webhook-deliveries"
        list={list}
        columns={columns}
        getId={rowId}
        openId={open?.id ?? null}
        empty={{ title: t.webhook.noDeliveries, hint: t.webhook.noDeliveriesHint }}
        onOpen={setOpen}
      />
      {open && (
        <Drawer
          title={about(open.body) || open.messageId}
          sub={
            <>
              <Badge {...webhookDeliveryStates[open.state]} />
              <code>{open.messageId}</code>
            </>
          }
          subject={open.id}
          onClose={() => setOpen(null)}
          footer={
            can(permissions.webhooksUpdate) &&
            webhook.isOwn &&
            cursorOf(open) && <ReplayFrom webhook={webhook.id} cursor={cursorOf(open) ?? ''} onDone={list.refresh} />
          }
        >
          <Section title={t.webhook.attempts}>
            <ol className={classes.attempts}>
              {open.attempts.toReversed().map((attempt) => (
                <li key={attempt.at}>
                  <span>
                    {formatExact(attempt.at)} · {answer(attempt)} · {t.webhook.took(attempt.durationMs)}
                  </span>
                  {attempt.response && <code>{attempt.response}</code>}
                </li>
              ))}
            </ol>
          </Section>
          <Section title={t.webhook.body}>
            {open.body == null ? (
              <p className="dim">{t.webhook.bodyHidden}</p>
            ) : (
              <Json value={open.body} label={t.webhook.body} />
            )}
          </Section>
        </Drawer>
      )}
    </Page>
  )
}

const nothing = {
  nodes: [],
  pageInfo: { hasNextPage: false, endCursor: null },
  totalCount: 0,
  totalCountIsEstimate: false,
}
const rowId = (row: WebhookDeliveryRowFragment) => row.id

/** When it is sent again: one that is due is only waiting for its turn. */
function NextTry({ delivery }: { delivery: WebhookDeliveryRowFragment }) {
  const now = useNow()
  if (!delivery.nextAt || (delivery.state !== 'PENDING' && delivery.state !== 'FAILED')) return null
  return Date.parse(delivery.nextAt) <= now ? t.common.now : <RelativeTime at={delivery.nextAt} />
}

function answer(attempt: WebhookDeliveryRowFragment['attempts'][number] | undefined): string {
  if (!attempt) return ''
  return attempt.error ?? (attempt.status ? String(attempt.status) : '')
}
