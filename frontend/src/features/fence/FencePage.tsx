import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import type { FencedKind } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Count } from '../../ui/cells'
import { wholeList, type Column } from '../../ui/column'
import { cx } from '../../ui/cx'
import { Table } from '../../ui/Table'
import { FencedWorkDocument, LiftFenceDocument, type FencedWorkRowFragment } from './fence.generated'

const kinds: Record<FencedKind, string> = {
  ORDER: t.fence.orders,
  WEBHOOK: t.fence.webhooks,
  MAIL: t.fence.mails,
}

const columns: Column<FencedWorkRowFragment>[] = [
  { id: 'kind', header: t.fence.kind, width: '110px', cell: (w) => kinds[w.kind], text: (w) => kinds[w.kind] },
  {
    id: 'receiver',
    header: t.fence.receiver,
    width: 'minmax(160px, 1fr)',
    cell: (w) => w.receiver,
    text: (w) => w.receiver,
  },
  {
    id: 'count',
    header: t.fence.count,
    width: '90px',
    align: 'right',
    cell: (w) => <Count value={w.count} />,
    text: (w) => String(w.count),
  },
  {
    id: 'examples',
    header: t.fence.examples,
    width: 'minmax(240px, 2fr)',
    cell: (w) => <span className={cx('cut', w.kind === 'WEBHOOK' && 'mono')}>{w.examples.join(', ')}</span>,
    text: (w) => w.examples.join(', '),
  },
  {
    id: 'oldest',
    header: t.fence.oldest,
    width: '110px',
    align: 'right',
    noCard: true,
    cell: (w) => <RelativeTime at={w.oldest} />,
    text: (w) => w.oldest,
  },
]

/** What a restored backup would send, and the way to let it go. */
export function FencePage() {
  const { can } = useCan()
  const [asking, setAsking] = useState(false)
  const [lifting, lift] = useMutation(LiftFenceDocument)
  const [{ data, error, fetching }, read] = useReading({
    query: FencedWorkDocument,
    requestPolicy: 'cache-and-network',
  })
  const refresh = () => read({ requestPolicy: 'network-only' })
  const fence = data?.fence
  const total = (data?.fencedWork ?? []).reduce((sum, w) => sum + w.count, 0)
  return (
    <Page
      title={t.fence.title}
      hint={fence ? `${fence.reason} ${t.fence.hint}` : t.fence.noFence}
      actions={
        fence &&
        can(permissions.settings) && (
          <Button color="red" onClick={() => setAsking(true)}>
            {t.fence.lift}
          </Button>
        )
      }
    >
      <Table
        label={t.fence.title}
        name="fence"
        list={wholeList(data?.fencedWork, error ? toProblem(error) : null, fetching, refresh)}
        columns={columns}
        getId={rowId}
        empty={{ title: t.fence.empty, hint: t.fence.emptyHint }}
      />
      {asking && (
        <ConfirmDialog
          title={t.fence.liftTitle}
          text={t.fence.liftText(total)}
          action={t.fence.lift}
          danger
          reason={{ label: t.fence.why, required: true, max: 1000 }}
          busy={lifting.fetching}
          onConfirm={(comment) => {
            void lift({ input: { comment } }).then(({ error }) => {
              setAsking(false)
              if (error) notifyProblem(toProblem(error))
              else notifyDone(t.fence.lifted)
              refresh()
            })
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Page>
  )
}

const rowId = (row: FencedWorkRowFragment) => `${row.kind} ${row.receiver}`
