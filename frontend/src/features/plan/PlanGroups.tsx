import { useConnection } from '../../graphql/useConnection'
import { t } from '../../lib/texts'
import { Count } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { PlanGroupsDocument, type PlanGroupRowFragment } from './plan.generated'
import { groupDimension, itemFilter, type PlanSearch } from './planSearch'

/** What a plan would do, in groups: those that lose most first. */
export function PlanGroups(props: {
  id: string
  by: Exclude<PlanSearch['view'], 'rows' | undefined>
  search: PlanSearch
  onOpen: (key: string) => void
}) {
  const list = useConnection({
    document: PlanGroupsDocument,
    variables: {
      id: props.id,
      by: props.by,
      dimension: props.by === 'DIMENSION' ? groupDimension : null,
      filter: itemFilter({ ...props.search, group: undefined }),
    },
    select: (data) => data.planGroups,
  })
  return (
    <Table
      label={t.plan.views[props.by]}
      name="plan-groups"
      list={list}
      columns={columns}
      getId={(group) => group.key}
      empty={{ title: t.plan.noGroups, hint: t.plan.noGroupsHint }}
      onOpen={(group) => props.onOpen(group.key)}
    />
  )
}

const number = (
  id: string,
  header: string,
  value: (group: PlanGroupRowFragment) => number,
): Column<PlanGroupRowFragment> => ({
  id,
  header,
  width: '90px',
  align: 'right',
  lasting: true,
  cell: (group) => <Count value={value(group)} />,
  text: (group) => String(value(group)),
})

const columns: Column<PlanGroupRowFragment>[] = [
  {
    id: 'group',
    header: t.plan.group,
    width: 'minmax(180px, 2fr)',
    cell: (group) => <span className="cut">{group.name || group.key || t.plan.none}</span>,
    text: (group) => group.name || group.key,
  },
  number('removed', t.plan.removedCount, (group) => group.removed),
  number('added', t.plan.addedCount, (group) => group.added),
  number('changed', t.plan.changedCount, (group) => group.changed),
  number('people', t.plan.peopleCount, (group) => group.people),
]
