import { Button, Switch } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useMutation } from 'urql'
import { useJobChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { useConnection } from '../../graphql/useConnection'
import { permissions } from '../../lib/permit'
import { jobStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { ProgressBar } from '../../ui/ProgressBar'
import { RelativeTime } from '../../ui/RelativeTime'
import { Stack } from '../../ui/cells'
import type { Column } from '../../ui/column'
import { Table } from '../../ui/Table'
import { EnableJobScheduleDocument, JobListDocument, type JobRowFragment } from './JobListPage.generated'
import classes from './Job.module.css'
import { scheduleWords } from './schedule'
import { Took } from './Took'
import { isRunning, useRunJob } from './useRunJob'

/** Job Execution (provisioning spec 9.8): jobs with next and last run. */
export function JobListPage() {
  const navigate = useNavigate()
  const { can } = useCan()
  const mayRun = can(permissions.jobsUpdate)
  const list = useConnection({ document: JobListDocument, variables: {}, select: (data) => data.jobsPage })
  useJobChanges(list.refresh)
  const { run, busyJob } = useRunJob()
  const [enabling, enable] = useMutation(EnableJobScheduleDocument)
  const [asking, setAsking] = useState<Asked | null>(null)

  const columns = useMemo(
    () =>
      jobColumns({
        mayRun,
        busyJob,
        askRun: (job) => setAsking({ what: 'run', job }),
        askSchedule: (job, enabled) => setAsking({ what: enabled ? 'on' : 'off', job }),
      }),
    [mayRun, busyJob],
  )
  const confirm = async ({ what, job }: Asked) => {
    if (what === 'run') {
      setAsking(null)
      return run(job)
    }
    const { error: failure } = await enable({ input: { job: job.identifier, enabled: what === 'on' } })
    setAsking(null)
    if (failure) notifyProblem(toProblem(failure))
    else notifyDone(what === 'on' ? t.job.scheduleOn : t.job.scheduleOff)
  }

  return (
    <Page title={t.job.title} hint={t.job.hint}>
      <Table
        label={t.job.title}
        name="jobs"
        list={list}
        columns={columns}
        getId={jobId}
        empty={{ title: t.job.empty, hint: t.job.emptyHint }}
        onOpen={(job) => void navigate({ to: '/jobs/$job', params: { job: job.identifier } })}
      />
      {asking && (
        <ConfirmDialog
          {...questionOf(asking)}
          busy={enabling.fetching}
          onConfirm={() => void confirm(asking)}
          onClose={() => setAsking(null)}
        />
      )}
    </Page>
  )
}

interface Asked {
  what: 'run' | 'on' | 'off'
  job: JobRowFragment
}

/** What is asked before a job runs, now or by itself. */
function questionOf({ what, job }: Asked) {
  const name = job.displayName
  if (what === 'run') return { title: t.job.runTitle(name), text: t.job.runTextUnknown, action: t.job.run }
  if (what === 'off')
    return { title: t.job.scheduleOffTitle(name), text: t.job.scheduleOffText, action: t.job.switchOff }
  const when = job.cron ? scheduleWords(job.cron, job.cronTimeZone) : ''
  return { title: t.job.scheduleOnTitle(name), text: t.job.scheduleOnText(when), action: t.job.switchOn }
}

const jobId = (job: JobRowFragment) => job.id

function jobColumns(actions: {
  mayRun: boolean
  busyJob: string | null
  askRun: (job: JobRowFragment) => void
  askSchedule: (job: JobRowFragment, enabled: boolean) => void
}): Column<JobRowFragment>[] {
  return [
    {
      id: 'name',
      header: t.job.name,
      width: 'minmax(200px, 1.6fr)',
      cell: (j) => <Stack main={j.displayName} />,
      text: (j) => j.displayName,
      also: [{ header: t.common.identifier, text: (j) => j.identifier }],
    },
    {
      id: 'mode',
      header: t.job.mode,
      width: '100px',
      cell: (j) => (j.isIncremental ? t.job.incremental : t.job.complete),
      text: (j) => (j.isIncremental ? t.job.incremental : t.job.complete),
    },
    {
      id: 'last',
      header: t.job.last,
      width: 'minmax(220px, 1.4fr)',
      cell: (j) => <LastRun job={j} />,
      text: (j) => (j.lastInstance ? jobStates[j.lastInstance.state].word : ''),
    },
    {
      id: 'duration',
      header: t.job.duration,
      width: '72px',
      noCard: true,
      cell: (j) => (j.lastInstance ? <Took instance={j.lastInstance} /> : ''),
    },
    {
      id: 'schedule',
      header: t.job.schedule,
      width: 'minmax(240px, 1.6fr)',
      cell: (j) =>
        j.cron ? (
          <span className={classes.schedule} data-no-open>
            <Switch
              size="xs"
              aria-label={t.job.enable(j.displayName)}
              checked={j.scheduleEnabled}
              disabled={!actions.mayRun}
              onChange={(event) => actions.askSchedule(j, event.currentTarget.checked)}
            />
            <span className="cut" title={scheduleWords(j.cron, j.cronTimeZone)}>
              {scheduleWords(j.cron, j.cronTimeZone)}
            </span>
            {j.scheduleWarning && (
              <span className={classes.odd} role="img" aria-label={j.scheduleWarning} title={j.scheduleWarning}>
                !
              </span>
            )}
          </span>
        ) : (
          <span className="dim">{t.job.byHand}</span>
        ),
      text: (j) => (j.cron ? scheduleWords(j.cron, j.cronTimeZone) : ''),
    },
    {
      id: 'next',
      header: t.job.next,
      width: '100px',
      align: 'right',
      cell: (j) => (j.nextRunAt && j.scheduleEnabled ? <RelativeTime at={j.nextRunAt} /> : ''),
      text: (j) => j.nextRunAt ?? '',
    },
    ...(actions.mayRun
      ? [
          {
            id: 'run',
            header: t.job.run,
            width: '84px',
            align: 'right' as const,
            cell: (j: JobRowFragment) => (
              <Button
                size="compact-xs"
                variant="default"
                leftSection={<IconPlayerPlay size={12} aria-hidden />}
                aria-label={t.job.runJob(j.displayName)}
                loading={actions.busyJob === j.identifier}
                disabled={j.userStartDenied || (j.lastInstance !== null && isRunning(j.lastInstance.state))}
                onClick={() => actions.askRun(j)}
              >
                {t.job.run}
              </Button>
            ),
          },
        ]
      : []),
  ]
}

function LastRun({ job }: { job: JobRowFragment }) {
  const last = job.lastInstance
  if (!last) return <span className="dim">{t.job.never}</span>
  const look = jobStates[last.state]
  return (
    <span className={classes.last}>
      <Badge {...look} spin={last.state === 'IN_PROGRESS'} />
      {last.state === 'IN_PROGRESS' ? (
        <ProgressBar value={last.progress} label={job.displayName} moving />
      ) : (
        <RelativeTime at={last.endedAt ?? last.startedAt ?? last.createdAt} />
      )}
    </span>
  )
}
