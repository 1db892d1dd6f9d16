import { Button } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { ActionIcon } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mayEditModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { notifyDone } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { Table } from '../../ui/Table'
import { Tabs } from '../../ui/Tabs'
import { addressOf } from './addressOf'
import { DeleteDialog } from './DeleteDialog'
import { listObjects } from './documents'
import { kindOf, type KindShape } from './shape'
import { kindShapes } from './shapes.generated'

const route = getRouteApi('/shell/model/objects/$kind')

/** The kinds that have no page of their own. */
const listed = kindShapes.filter((kind) => addressOf(kind, '').to === '/model/objects/$kind')

interface Row {
  identifier: string
  displayName: string
  policy?: string
}

/** The objects of a kind that has no page of its own. */
export function KindListPage() {
  const { kind: name } = route.useParams()
  const kind = kindOf(name)
  return (
    <Page
      title={t.edit.objects}
      hint={t.edit.objectsHint}
      nav={
        <Tabs label={t.edit.objects}>
          {listed.map((k) => (
            <Link key={k.name} to="/model/objects/$kind" params={{ kind: k.name }}>
              {k.title}
            </Link>
          ))}
        </Tabs>
      }
    >
      {kind && listed.includes(kind) ? (
        <Objects key={name} kind={kind} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      )}
    </Page>
  )
}

const named: Column<Row>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(220px, 2fr)',
    cell: (o) => <Stack main={o.displayName} />,
    text: (o) => o.displayName,
    also: [{ header: t.common.identifier, text: (o) => o.identifier }],
  },
  {
    id: 'policy',
    header: t.model.policy,
    width: 'minmax(120px, 1fr)',
    cell: (o) => <span className="cut">{o.policy ?? ''}</span>,
    text: (o) => o.policy ?? '',
  },
]

function Objects({ kind }: { kind: KindShape }) {
  const navigate = useNavigate()
  const me = useMe()
  const mayEdit = mayEditModel(me)
  const [going, setGoing] = useState<Row | null>(null)
  const list = useConnection({
    document: listObjects(kind),
    variables: {},
    select: (data) => data.configuration.objects ?? none,
  })
  const make = () => void navigate({ to: '/model/new/$kind', params: { kind: kind.name } })
  useKeys(mayEdit ? [{ key: 'n', label: t.edit.newTitle(kind.word), run: make }] : [])
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
