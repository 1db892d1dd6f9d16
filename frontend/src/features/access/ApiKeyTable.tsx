import { Button } from '@mantine/core'
import { IconBan, IconCheck, IconClockX } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import type { ApiKeyFilter, ApiKeyState } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useKindName } from '../../graphql/useKindName'
import { formatDay } from '../../lib/format'
import { permissionWords } from '../../lib/permissionWords'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ApiKeyListDocument, RevokeApiKeyDocument, type ApiKeyRowFragment } from './apiKeys.generated'

const badges = {
  ACTIVE: { tone: 'green', icon: IconCheck },
  EXPIRED: { tone: 'slate', icon: IconClockX },
  REVOKED: { tone: 'red', icon: IconBan },
} as const satisfies Record<ApiKeyState, object>

/** The scopes of a key in words: the first, and how many more. */
export function useScopeWords(): (scopes: readonly string[]) => string {
  const kindName = useKindName()
  return (scopes) => {
    const [first = '', ...rest] = scopes.map((s) => (s === '/' ? t.apiKey.everything : permissionWords(s, kindName)))
    return rest.length ? `${first} ${t.apiKey.more(rest.length)}` : first
  }
}

interface ApiKeyTableProps {
  label: string
  name: string
  filter: ApiKeyFilter
  empty: { title: string; hint: string }
  /** Leave out whose they are. */
  ownerless?: boolean
  /** In a drawer: without what is the same for all of them. */
  brief?: boolean
  filters?: ReactNode
  onClear?: () => void
  /** Revoking is offered. */
  mayRevoke: boolean
}

/** Keys with what they may do and when they were used; each can be revoked. */
export function ApiKeyTable(props: ApiKeyTableProps) {
  const words = useScopeWords()
  const [asking, setAsking] = useState<ApiKeyRowFragment | null>(null)
  const [{ fetching }, revoke] = useMutation(RevokeApiKeyDocument)
  const list = useConnection({
    document: ApiKeyListDocument,
    variables: { filter: props.filter },
    select: (data) => data.apiKeys,
  })
  const confirm = async (id: string) => {
    const { error } = await revoke({ input: { id } })
    setAsking(null)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.apiKey.revoked)
    list.refresh()
  }
  const columns: Column<ApiKeyRowFragment>[] = [
    {
      id: 'name',
      header: t.apiKey.name,
      width: 'minmax(120px, 1.4fr)',
      cell: (k) => <Stack main={k.name} sub={props.ownerless ? undefined : t.apiKey.kinds[k.kind]} />,
      text: (k) => k.name,
    },
    ...(props.ownerless
      ? []
      : [
          {
            id: 'account',
            header: t.apiKey.account,
            width: 'minmax(150px, 1fr)',
            cell: (k: ApiKeyRowFragment) => <Stack main={k.displayName} sub={k.username} />,
            text: (k: ApiKeyRowFragment) => k.username,
          },
        ]),
    ...(props.brief
      ? []
      : [
          {
            id: 'scopes',
            header: t.apiKey.scopes,
            width: 'minmax(180px, 1.6fr)',
            cell: (k: ApiKeyRowFragment) => (
              <span className="cut" title={k.scopes.join('\n')}>
                {words(k.scopes)}
              </span>
            ),
            text: (k: ApiKeyRowFragment) => k.scopes.join(' '),
          },
        ]),
    {
      id: 'state',
      header: t.apiKey.state,
      width: '100px',
      cell: (k) => <Badge {...badges[k.state]} word={t.apiKey.states[k.state]} />,
      text: (k) => t.apiKey.states[k.state],
    },
    ...(props.mayRevoke
      ? [
          {
            id: 'revoke',
            header: t.apiKey.end,
            width: '92px',
            cell: (k: ApiKeyRowFragment) =>
              k.state === 'ACTIVE' && (
                <Button size="compact-sm" variant="default" onClick={() => setAsking(k)}>
                  {t.apiKey.revoke}
                </Button>
              ),
            text: () => '',
          },
        ]
      : []),
    {
      id: 'used',
      header: t.apiKey.used,
      width: '100px',
      cell: (k) => (k.lastUsedAt ? <RelativeTime at={k.lastUsedAt} /> : <span className="dim">{t.apiKey.never}</span>),
      text: (k) => k.lastUsedAt ?? '',
    },
    {
      id: 'ends',
      header: t.apiKey.ends,
      width: '110px',
      cell: (k) => <span className="num">{formatDay(k.revokedAt ?? k.expiresAt)}</span>,
      text: (k) => k.revokedAt ?? k.expiresAt,
    },
    ...(props.brief
      ? []
      : [
          {
            id: 'made',
            header: t.apiKey.made,
            width: 'minmax(120px, 0.8fr)',
            noCard: true,
            cell: (k: ApiKeyRowFragment) => <Stack main={<RelativeTime at={k.createdAt} />} sub={k.createdBy} />,
            text: (k: ApiKeyRowFragment) => k.createdAt,
          },
        ]),
  ]
  return (
    <>
      <Table
        label={props.label}
        name={props.name}
        list={list}
        columns={columns}
        getId={rowId}
        empty={props.empty}
        filters={props.filters}
        onClear={props.onClear}
      />
      {asking && (
        <ConfirmDialog
          title={t.apiKey.revokeTitle(asking.name)}
          text={t.apiKey.revokeText}
          action={t.apiKey.revokeAction}
          danger
          busy={fetching}
          onConfirm={() => void confirm(asking.id)}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  )
}

const rowId = (row: ApiKeyRowFragment) => row.id
