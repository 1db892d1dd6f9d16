import { useNavigate } from '@tanstack/react-router'
import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { ProfileListDocument, type ProfileRowFragment as Profile } from './ProfilesTab.generated'

const columns: Column<Profile>[] = [
  {
    id: 'name',
    header: t.common.name,
    width: 'minmax(200px, 1fr)',
    cell: (p) => p.displayName,
    text: (p) => p.displayName,
  },
  {
    id: 'identifier',
    header: t.common.identifier,
    width: 'minmax(200px, 1fr)',
    cell: (p) => <code className="cut">{p.identifier}</code>,
    text: (p) => p.identifier,
  },
]

/** All profiles; one leads to its rules. */
export function ProfilesTab() {
  const navigate = useNavigate()
  const list = useConnection({ document: ProfileListDocument, variables: {}, select: (data) => data.profilesPage })
  return (
    <Table
      label={t.access.profiles}
      name="profiles"
      list={list}
      columns={columns}
      getId={rowId}
      empty={{ title: t.access.empty, hint: t.access.emptyHint }}
      onOpen={(row) => void navigate({ to: '/access/rules', search: { profile: row.identifier } })}
    />
  )
}

const rowId = (row: Profile) => row.id
