import { Button } from '@mantine/core'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { formatExact } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { webhookDeliveryStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Json } from '../../ui/Json'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime, useNow } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { SecretOnce } from './SecretOnce'
import {
  DeleteWebhookDocument,
  DisableWebhookDocument,
  EnableWebhookDocument,
  ReplayWebhookDocument,
  RotateWebhookSecretDocument,
  WebhookDeliveriesDocument,
  WebhookHeadDocument,
  type WebhookDeliveryRowFragment,
  type WebhookRowFragment,
} from './webhook.generated'
import classes from './Webhook.module.css'
import { WebhookStatus } from './WebhookStatus'

const route = getRouteApi('/shell/webhooks/$id')

const columns: Column<WebhookDeliveryRowFragment>[] = [
  {
    id: 'message',
    header: t.webhook.message,
    width: 'minmax(180px, 1.4fr)',
    cell: (d) => <code className="cut">{d.messageId}</code>,
    text: (d) => d.messageId,
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
  const [{ data, error, fetching }, read] = useQuery({
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
      hint={[webhook.description, webhook.disabledReason].filter(Boolean).join(' · ')}
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
          title={open.messageId}
          sub={<Badge {...webhookDeliveryStates[open.state]} />}
          subject={open.id}
          onClose={() => setOpen(null)}
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
            <Json value={open.body} label={t.webhook.body} />
          </Section>
        </Drawer>
      )}
    </Page>
  )
}

const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 }
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

function WebhookActions({ webhook, onChanged }: { webhook: WebhookRowFragment; onChanged: () => void }) {
  const navigate = useNavigate()
  const [rotating, rotate] = useMutation(RotateWebhookSecretDocument)
  const [replaying, replay] = useMutation(ReplayWebhookDocument)
  const [enabling, enable] = useMutation(EnableWebhookDocument)
  const [disabling, disable] = useMutation(DisableWebhookDocument)
  const [deleting, remove] = useMutation(DeleteWebhookDocument)
  const [asking, setAsking] = useState<'rotate' | 'replay' | 'disable' | 'delete' | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const input = { id: webhook.id }
  const busy = rotating.fetching || replaying.fetching || enabling.fetching || disabling.fetching || deleting.fetching

  const done = (error: Parameters<typeof toProblem>[0] | undefined, message: string, then?: () => void) => {
    setAsking(null)
    if (error) {
      notifyProblem(toProblem(error))
      return
    }
    notifyDone(message)
    then?.()
    onChanged()
  }
  const confirm = async (after: string) => {
    if (asking === 'rotate') {
      const { data, error } = await rotate({ input })
      setAsking(null)
      if (error) notifyProblem(toProblem(error))
      if (data) setSecret(data.rotateWebhookSecret.secret)
    } else if (asking === 'replay') {
      const { error } = await replay({ input: { id: webhook.id, after } })
      done(error, t.webhook.replayed)
    } else if (asking === 'disable') {
      const { error } = await disable({ input })
      done(error, t.webhook.disabled)
    } else if (asking === 'delete') {
      const { error } = await remove({ input })
      setAsking(null)
      if (error) {
        notifyProblem(toProblem(error))
        return
      }
      notifyDone(t.webhook.deleted)
      void navigate({ to: '/webhooks' })
    }
  }
  const words = {
    rotate: [t.webhook.rotateTitle, t.webhook.rotateText, t.webhook.rotate],
    replay: [t.webhook.replayTitle, t.webhook.replayText, t.webhook.replay],
    disable: [t.webhook.disableTitle, t.webhook.disableText, t.webhook.disable],
    delete: [t.webhook.deleteTitle, t.webhook.deleteText, t.webhook.delete],
  } as const
  const [title = '', text = '', action = ''] = asking ? words[asking] : []
  return (
    <>
      <Button variant="default" onClick={() => setAsking('replay')}>
        {t.webhook.replay}
      </Button>
      <Button variant="default" onClick={() => setAsking('rotate')}>
        {t.webhook.rotate}
      </Button>
      {webhook.isDisabled ? (
        <Button
          loading={busy}
          onClick={() => void enable({ input }).then(({ error }) => done(error, t.webhook.enabled))}
        >
          {t.webhook.enable}
        </Button>
      ) : (
        <Button variant="default" onClick={() => setAsking('disable')}>
          {t.webhook.disable}
        </Button>
      )}
      <Button variant="default" onClick={() => setAsking('delete')}>
        {t.webhook.delete}
      </Button>
      {asking && (
        <ConfirmDialog
          title={title}
          text={text}
          action={action.replace('…', '')}
          danger={asking === 'delete' || asking === 'disable'}
          busy={busy}
          reason={asking === 'replay' ? { label: t.webhook.replayAfter, required: true, max: 200 } : undefined}
          onConfirm={(value) => void confirm(value)}
          onClose={() => setAsking(null)}
        />
      )}
      {secret !== null && <SecretOnce secret={secret} onClose={() => setSecret(null)} />}
    </>
  )
}
