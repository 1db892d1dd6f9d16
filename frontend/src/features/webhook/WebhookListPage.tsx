import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Count, Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { CreateWebhookDrawer } from './CreateWebhookDrawer'
import { WebhookListDocument, type WebhookRowFragment } from './WebhookListPage.generated'
import { WebhookStatus } from './WebhookStatus'

const columns: Column<WebhookRowFragment>[] = [
  {
    id: 'url',
    header: t.webhook.url,
    width: 'minmax(240px, 2fr)',
    cell: (w) => <Stack main={w.url} sub={w.description} />,
    text: (w) => w.url,
  },
  { id: 'status', header: t.webhook.status, width: '120px', cell: (w) => <WebhookStatus webhook={w} /> },
  {
    id: 'delivered',
    header: t.webhook.delivered,
    width: '90px',
    align: 'right',
    cell: (w) => <Count value={w.delivered} />,
    text: (w) => String(w.delivered),
  },
  {
    id: 'pending',
    header: t.webhook.pending,
    width: '90px',
    align: 'right',
    cell: (w) => <Count value={w.pending} />,
    text: (w) => String(w.pending),
  },
  {
    id: 'failed',
    header: t.webhook.failed,
    width: '90px',
    align: 'right',
    cell: (w) => <Count value={w.failed} />,
    text: (w) => String(w.failed),
  },
  {
    id: 'created',
    header: t.webhook.createdAt,
    width: '110px',
    align: 'right',
    noCard: true,
    cell: (w) => <RelativeTime at={w.createdAt} />,
    text: (w) => w.createdAt,
  },
]

/** Endpoints that are told about order changes. */
export function WebhookListPage() {
  const navigate = useNavigate()
  const { can } = useCan()
  const mayChange = can(permissions.webhooksUpdate)
  const [adding, setAdding] = useState(false)
  const list = useConnection({ document: WebhookListDocument, variables: {}, select: (data) => data.webhooksPage })
  const add = mayChange && (
    <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
      {t.webhook.add}
    </Button>
  )
  return (
    <Page title={t.webhook.title} hint={t.webhook.hint} actions={add}>
      <Table
        label={t.webhook.title}
        name="webhooks"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.webhook.empty, hint: t.webhook.emptyHint }}
        onOpen={(row) => void navigate({ to: '/webhooks/$id', params: { id: row.id } })}
      />
      {adding && (
        <CreateWebhookDrawer
          onClose={() => {
            setAdding(false)
            list.refresh()
          }}
        />
      )}
    </Page>
  )
}

const rowId = (row: WebhookRowFragment) => row.id
