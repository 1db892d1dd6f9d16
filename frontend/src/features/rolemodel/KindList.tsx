import { ActionIcon, Button } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayEditKind } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { useKeys } from '../../ui/keys'
import { notifyDone } from '../../ui/notify'
import { Table } from '../../ui/Table'
import { DeleteDialog } from './DeleteDialog'
import { listObjects } from './documents'
import type { KindShape } from './shape'

interface Row {
  identifier: string
  displayName: string
  policy?: string
}

const title: Column<Row> = {
  id: 'name',
  header: t.common.name,
  width: 'minmax(220px, 2fr)',
  cell: (o) => <Stack main={o.displayName} />,
  text: (o) => o.displayName,
  also: [{ header: t.common.identifier, text: (o) => o.identifier }],
}
const identifier: Column<Row> = {
  id: 'identifier',
  header: t.common.identifier,
  width: 'minmax(120px, 1fr)',
  cell: (o) => (
    <code className="cut" data-machine>
      {o.identifier}
    </code>
  ),
  text: (o) => o.identifier,
}
const policy: Column<Row> = {
  id: 'policy',
  header: t.model.policy,
  width: 'minmax(120px, 1fr)',
  cell: (o) => <span className="cut">{o.policy ?? ''}</span>,
  text: (o) => o.policy ?? '',
}

/** The objects of a kind, to open, begin and delete. */
export function KindList({ kind }: { kind: KindShape }) {
  const navigate = useNavigate()
  const me = useMe()
  const mayEdit = mayEditKind(me, kind)
  const [going, setGoing] = useState<Row | null>(null)
  const list = useConnection({
    document: listObjects(kind),
    variables: {},
    select: (data) => data.configuration.objects ?? none,
  })
  const make = () => void navigate({ to: '/model/new/$kind', params: { kind: kind.name } })
  useKeys(mayEdit ? [{ key: 'n', label: t.edit.newTitle(kind.word), run: make }] : [])
  const named = kind.ofAccess ? [{ ...title, also: undefined }, identifier] : [title, policy]
  const columns: Column<Row>[] = mayEdit
    ? [
        ...named,
        {
          id: 'delete',
          header: t.common.delete,
          width: '80px',
          align: 'right',
          cell: (o) => (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t.edit.removeThis(o.displayName)}
              onClick={(event) => {
                event.stopPropagation()
                setGoing(o)
              }}
            >
              <IconTrash size={15} />
            </ActionIcon>
          ),
        },
      ]
    : named
  return (
    <>
      <Table
        label={kind.title}
        name={`objects-${kind.name}`}
        list={list}
        columns={columns}
        getId={(o) => o.identifier}
        empty={{ title: t.model.empty, hint: t.model.emptyHint }}
        onOpen={(o) =>
          void navigate({
            to: '/model/edit/$kind/$identifier',
            params: { kind: kind.name, identifier: o.identifier },
          })
        }
        filters={
          mayEdit && (
            <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={make}>
              {t.edit.newTitle(kind.word)}
            </Button>
          )
        }
      />
      {going && (
        <DeleteDialog
          kind={kind.name}
          identifier={going.identifier}
          name={going.displayName}
          onClose={() => setGoing(null)}
          onDeleted={() => {
            notifyDone(t.edit.deleted(going.displayName))
            setGoing(null)
            list.refresh()
          }}
        />
      )}
    </>
  )
}

const none = { nodes: [], pageInfo: { hasNextPage: false }, totalCount: 0, totalCountIsEstimate: false }
