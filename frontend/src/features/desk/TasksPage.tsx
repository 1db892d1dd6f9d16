import { IconAlertTriangle } from '@tabler/icons-react'
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { useJobChanges } from '../../graphql/live'
import { TasksChangedDocument } from '../../graphql/live.generated'
import type { OrderKind, RequestAction } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { useTold } from '../../graphql/useTold'
import { formatDay, formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { ClearFilters, ManyFilter, SearchFilter, SelectFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import { Table } from '../../ui/Table'
import classes from './Desk.module.css'
import { MyTasksDocument, WaitingCountsDocument, type TaskRowFragment } from './desk.generated'
import { taskVariables, type TaskSearch } from './deskSearch'
import { taskLooks } from './looks'

const route = getRouteApi('/shell/tasks')

/** What is to be answered, as a word before what it is about. */
function actionOf(task: TaskRowFragment): string {
  if (task.action === '') return ''
  if (task.kind === 'APPROVAL' || task.kind === 'ANSWER' || task.kind === 'ROUTING')
    return t.request.action[task.action as RequestAction]
  return t.orderKind[task.action as OrderKind]
}

const columns: Column<TaskRowFragment>[] = [
  {
    id: 'what',
    header: t.tasks.what,
    width: 'minmax(190px, 1.5fr)',
    lasting: true,
    cell: (r) => (
      <Stack
        main={
          <>
            {actionOf(r) && <span className="dim">{actionOf(r)}: </span>}
            {r.subject}
          </>
        }
        sub={[r.number, r.forPerson && t.delegation.forSomebody(r.forPerson)].filter(Boolean).join(' · ')}
      />
    ),
    text: (r) => [actionOf(r), r.subject].filter(Boolean).join(': '),
    also: [
      { header: t.request.number, text: (r) => r.number ?? '' },
      { header: t.delegation.whom, text: (r) => r.forPerson ?? '' },
    ],
  },
  {
    id: 'kind',
    header: t.tasks.kinds,
    width: 'minmax(120px, 0.7fr)',
    lasting: true,
    cell: (r) => {
      const { tone, icon, word, hint } = taskLooks[r.kind]
      return <Badge tone={tone} icon={icon} word={word} hint={hint} />
    },
    text: (r) => t.tasks.kind[r.kind],
    also: [{ header: t.help.code, text: (r) => r.kind }],
  },
  {
    id: 'who',
    header: t.tasks.who,
    width: 'minmax(150px, 1fr)',
    cell: (r) => (r.person ? <Stack main={r.person.displayName} sub={r.person.key} /> : <span className="dim">–</span>),
    text: (r) => r.person?.displayName ?? '',
    also: [{ header: t.order.ownerKey, text: (r) => r.person?.key ?? '' }],
  },
  {
    id: 'from',
    header: t.tasks.from,
    width: 'minmax(110px, 0.7fr)',
    cell: (r) => <span className="cut">{r.requesterName ?? (r.takenBy ? t.tasks.taken(r.takenBy) : '')}</span>,
    text: (r) => r.requesterName ?? '',
    also: [{ header: t.tasks.takenBy, text: (r) => r.takenBy ?? '' }],
  },
  {
    id: 'due',
    header: t.tasks.due,
    width: '120px',
    cell: (r) =>
      r.isLate ? (
        <span className={classes.late}>
          <IconAlertTriangle size={14} aria-hidden />
          {r.dueAt ? formatDay(r.dueAt) : t.tasks.late}{' '}
          {r.dueAt && <span className="visually-hidden">{t.tasks.late}</span>}
        </span>
      ) : r.dueAt ? (
        formatDay(r.dueAt)
      ) : (
        <span className="dim">–</span>
      ),
    text: (r) => r.dueAt ?? '',
  },
  {
    id: 'since',
    header: t.tasks.waits,
    width: '104px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.since} />,
    text: (r) => r.since,
  },
]

/** One inbox for whatever waits for the person. */
export function TasksPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const router = useRouter()
  const set = (change: Partial<TaskSearch>) =>
    void navigate({ to: '/tasks', search: { ...search, ...change }, replace: true })
  const list = useConnection({
    document: MyTasksDocument,
    variables: taskVariables(search),
    select: (data) => data.myTasks,
  })
  const [{ data }, readCounts] = useReading({ query: WaitingCountsDocument, requestPolicy: 'cache-and-network' })
  const refresh = () => {
    list.refresh()
    readCounts({ requestPolicy: 'network-only' })
  }
  useTold(TasksChangedDocument, {}, refresh)
  useJobChanges(refresh)
  const counts = data?.taskCounts ?? []
  const isFiltered = search.kinds !== undefined || search.late !== undefined || search.text !== undefined
  const clear = () => set({ kinds: undefined, late: undefined, text: undefined })
  return (
    <Page title={t.tasks.title} hint={t.tasks.hint}>
      <Table
        label={t.tasks.title}
        name="tasks"
        list={{ ...list, refresh }}
        columns={columns}
        getId={(row) => row.id}
        empty={{ title: t.tasks.none, hint: t.tasks.noneHint }}
        onClear={isFiltered ? clear : undefined}
        onOpen={(row) => router.history.push(row.link)}
        filters={
          <>
            <SearchFilter
              label={t.tasks.search}
              placeholder={t.tasks.search}
              value={search.text}
              onChange={(text) => set({ text })}
            />
            <ManyFilter
              label={t.tasks.kinds}
              values={search.kinds}
              options={counts.map(({ kind, count }) => ({
                value: kind,
                label: `${t.tasks.kind[kind]} ${formatNumber(count)}`,
              }))}
              onChange={(kinds) => set({ kinds })}
            />
            <SelectFilter
              label={t.tasks.late_}
              any={t.tasks.anyDue}
              value={search.late ? 'late' : undefined}
              options={[{ value: 'late', label: t.tasks.lateOnly }]}
              onChange={(value) => set({ late: value === 'late' ? true : undefined })}
            />
            {isFiltered && <ClearFilters onClick={clear} />}
          </>
        }
      />
    </Page>
  )
}
