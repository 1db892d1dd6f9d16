import { Button } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useJobChanges } from '../../graphql/live'
import { useCan } from '../../graphql/SessionContext'
import type { JobInstanceState } from '../../graphql/types.generated'
import { useConnection } from '../../graphql/useConnection'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { permissions } from '../../lib/permit'
import { jobStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { ManyFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { ProgressBar } from '../../ui/ProgressBar'
import { RelativeTime } from '../../ui/RelativeTime'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { JobRunsDocument, JobStepsDocument, type JobInstanceRowFragment } from './JobPage.generated'
import classes from './Job.module.css'
import { scheduleWords } from './schedule'
import { Took } from './Took'
import { isRunning, useRunJob } from './useRunJob'

const route = getRouteApi('/shell/jobs/$job')

const columns: Column<JobInstanceRowFragment>[] = [
  {
    id: 'state',
    header: t.common.state,
    width: '150px',
    cell: (r) => <Badge {...jobStates[r.state]} spin={r.state === 'IN_PROGRESS'} />,
    text: (r) => jobStates[r.state].word,
  },
  {
    id: 'progress',
    header: t.job.progress,
    width: 'minmax(100px, 1fr)',
    cell: (r) => <ProgressBar value={r.progress} label={t.job.progress} tone={jobStates[r.state].tone} />,
    text: (r) => String(Math.round(r.progress * 100)),
  },
  {
    id: 'by',
    header: t.job.launchedBy,
    width: 'minmax(120px, 1fr)',
    cell: (r) => <span className="cut">{actorName(r.launchedBy, r.launchedByName)}</span>,
    text: (r) => r.launchedBy,
  },
  {
    id: 'started',
    header: t.job.started_,
    width: '120px',
    align: 'right',
    cell: (r) => <RelativeTime at={r.startedAt ?? r.createdAt} />,
    text: (r) => r.startedAt ?? r.createdAt,
  },
  {
    id: 'took',
    header: t.job.duration,
    width: '80px',
    align: 'right',
    cell: (r) => <Took instance={r} />,
  },
]

/** One job: its steps and all its runs. */
export function JobPage() {
  const { job: identifier } = route.useParams()
  const navigate = useNavigate()
  const { can } = useCan()
  const { run, busyJob } = useRunJob()
  const [states, setStates] = useState<JobInstanceState[]>()
  const [asking, setAsking] = useState(false)
  const [{ data }] = useReading({ query: JobStepsDocument })
  const job = data?.jobs.find((j) => j.identifier === identifier)
  const list = useConnection({
    document: JobRunsDocument,
    variables: { job: identifier, states },
    select: (d) => d.jobInstances,
    pageSize: 50,
  })
  useJobChanges((changes) => {
    // What runs already follows by the cache; a new run is worth reading the list again.
    const isKnown = (c: (typeof changes)[number]) =>
      list.rows.some((r) => r.id === c.jobInstanceId && r.state === c.state)
    if (changes.length === 0 || !changes.every(isKnown)) list.refresh()
  })
  return (
    <Page
      title={job?.displayName ?? identifier}
      hint={
        job &&
        (job.cron ? (
          <>
            <span title={job.cron}>{scheduleWords(job.cron, job.cronTimeZone)}</span>
            {job.scheduleWarning && <span role="alert"> · {job.scheduleWarning}</span>}
            {!job.scheduleEnabled && ` (${t.job.off})`}
            {job.nextRunAt && job.scheduleEnabled && (
              <>
                {' · '}
                {t.job.next} <RelativeTime at={job.nextRunAt} />
              </>
            )}
          </>
        ) : (
          t.job.byHand
        ))
      }
      actions={
        job &&
        can(permissions.jobsUpdate) && (
          <Button
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            loading={busyJob === identifier}
            disabled={job.userStartDenied || (job.lastInstance !== null && isRunning(job.lastInstance.state))}
            onClick={() => setAsking(true)}
          >
            {t.job.run}
          </Button>
        )
      }
      nav={
        job && (
          <div className={classes.top}>
            <ol className={classes.steps} aria-label={t.job.steps}>
              {job.steps.map((step) => (
                <li key={step.identifier} title={t.job.taskType[step.taskType]}>
                  <span className="dim num">{step.level}</span>
                  {step.displayName}
                </li>
              ))}
            </ol>
          </div>
        )
      }
    >
      <Table
        label={t.job.runs}
        name="job-runs"
        list={list}
        columns={columns}
        getId={rowId}
        empty={{ title: t.job.noRuns, hint: t.job.noRunsHint }}
        onOpen={(row) => void navigate({ to: '/runs/$id', params: { id: row.id } })}
        filters={
          <ManyFilter
            label={t.common.state}
            values={states}
            options={(Object.keys(jobStates) as JobInstanceState[]).map((s) => ({
              value: s,
              label: jobStates[s].word,
            }))}
            onChange={setStates}
          />
        }
      />
      {asking && job && (
        <ConfirmDialog
          title={t.job.runTitle(job.displayName)}
          text={t.job.runText(job.steps.length)}
          action={t.job.run}
          onConfirm={() => {
            setAsking(false)
            run(job)
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Page>
  )
}

const rowId = (row: JobInstanceRowFragment) => row.id
