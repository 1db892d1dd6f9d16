import { Button } from '@mantine/core'
import { IconBan, IconCheck, IconClockX, IconPlus } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { formatDay } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { serverNow } from '../../lib/serverClock'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { SearchFilter } from '../../ui/Filters'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ApiClientListDocument, type ApiClientRowFragment } from './apiKeys.generated'
import { useScopeWords } from './ApiKeyTable'
import { ClientDrawer } from './ClientDrawer'
import { NewClientDrawer } from './NewClientDrawer'
import classes from './Access.module.css'

const route = getRouteApi('/shell/access/clients')

/** Accounts of programs: what they may, and whether they come in. */
export function ClientsTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { can } = useCan()
  const words = useScopeWords()
  const [shown, setShown] = useState<ApiClientRowFragment | null>(null)
  const [adding, setAdding] = useState(false)
  const list = useConnection({
    document: ApiClientListDocument,
    variables: { text: search.text },
    select: (data) => data.apiClients,
  })
  const mayChange = can(permissions.accessUpdate)
  const columns: Column<ApiClientRowFragment>[] = [
    {
      id: 'client',
      header: t.apiKey.client,
      width: 'minmax(170px, 1.2fr)',
      cell: (c) => <Stack main={c.displayName} sub={c.username} />,
      text: (c) => c.username,
    },
    {
      id: 'scopes',
      header: t.apiKey.scopes,
      width: 'minmax(200px, 1.8fr)',
      cell: (c) => (
        <span className="cut" title={c.scopes.join('\n')}>
          {words(c.scopes)}
        </span>
      ),
      text: (c) => c.scopes.join(' '),
    },
    {
      id: 'status',
      header: t.apiKey.status,
      width: '110px',
      cell: (c) => <ClientStatus client={c} />,
    },
    {
      id: 'secrets',
      header: t.apiKey.secrets,
      width: 'minmax(130px, 1fr)',
      cell: (c) =>
        c.secrets > 0 ? (
          <Stack
            main={t.apiKey.secretsCount(c.secrets)}
            sub={c.secretsUntil && t.apiKey.secretsUntil(formatDay(c.secretsUntil))}
          />
        ) : (
          <span style={{ color: 'var(--tone-amber-text)' }}>{t.apiKey.noSecret}</span>
        ),
      text: (c) => String(c.secrets),
    },
    {
      id: 'used',
      header: t.apiKey.used,
      width: '130px',
      cell: (c) => (c.lastUsedAt ? <RelativeTime at={c.lastUsedAt} /> : <span className="dim">{t.apiKey.never}</span>),
      text: (c) => c.lastUsedAt ?? '',
    },
  ]
  return (
    <>
      <Table
        label={t.apiKey.clients}
        name="api-clients"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.apiKey.emptyClients, hint: t.apiKey.emptyClientsHint }}
        onOpen={setShown}
        openId={shown?.id}
        onClear={search.text ? () => void navigate({ to: '/access/clients', search: {}, replace: true }) : undefined}
        filters={
          <div className={classes.bar}>
            <SearchFilter
              label={t.apiKey.searchClient}
              placeholder={t.apiKey.searchClient}
              value={search.text}
              onChange={(text) => void navigate({ to: '/access/clients', search: text ? { text } : {}, replace: true })}
            />
            {mayChange && (
              <Button
                size="compact-md"
                leftSection={<IconPlus size={14} aria-hidden />}
                onClick={() => setAdding(true)}
              >
                {t.apiKey.newClient}
              </Button>
            )}
          </div>
        }
      />
      {shown && !adding && (
        <ClientDrawer
          key={shown.id}
          client={shown}
          mayChange={mayChange}
          onChanged={() => list.refresh()}
          onClose={() => setShown(null)}
        />
      )}
      {adding && (
        <NewClientDrawer
          onClose={() => {
            setAdding(false)
            list.refresh()
          }}
        />
      )}
    </>
  )
}

const rowId = (row: ApiClientRowFragment) => row.id

function ClientStatus({ client }: { client: ApiClientRowFragment }) {
  if (client.isDisabled) return <Badge tone="slate" icon={IconBan} word={t.apiKey.off} />
  if (client.until && Date.parse(client.until) <= serverNow())
    return <Badge tone="slate" icon={IconClockX} word={t.apiKey.over} />
  return <Badge tone="green" icon={IconCheck} word={t.apiKey.on} />
}
