import { useNavigate } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { wholeList, type Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { ProfilesDocument, type ProfilesQuery } from './access.generated'

type Profile = ProfilesQuery['profiles'][number]

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
  const [{ data, error, fetching }, read] = useReading({ query: ProfilesDocument, requestPolicy: 'cache-and-network' })
  return (
    <Table
      label={t.access.profiles}
      name="profiles"
      list={wholeList(data?.profiles, error ? toProblem(error) : null, fetching, () =>
        read({ requestPolicy: 'network-only' }),
      )}
      columns={columns}
      getId={rowId}
      empty={{ title: t.access.empty, hint: t.access.emptyHint }}
      onOpen={(row) => void navigate({ to: '/access/rules', search: { profile: row.identifier } })}
    />
  )
}

const rowId = (row: Profile) => row.id
