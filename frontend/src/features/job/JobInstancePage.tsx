import { Button, Switch } from '@mantine/core'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useMutation, useSubscription } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan, useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { blockedLimits } from '../../lib/blockedLimits'
import { inCamelCase } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { jobStates, taskStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { CounterList } from '../../ui/CounterList'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { ProgressBar } from '../../ui/ProgressBar'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { useDraft } from '../../ui/useDraft'
import { BlockedPanel } from './BlockedPanel'
import type { TaskFieldsFragment } from './BlockedPanel.generated'
import {
  CancelJobInstanceDocument,
  JobInstanceDocument,
  JobProgressDocument,
  RelaunchJobInstanceDocument,
  ResumeJobInstanceDocument,
  type JobInstanceDetailFragment,
} from './JobInstancePage.generated'
import classes from './Job.module.css'
import { byLevel } from './levels'
import { TaskLog } from './TaskLog'
import { Took } from './Took'
import { isRunning } from './useRunJob'

const route = getRouteApi('/shell/runs/$id')

/** One run: levels of tasks with bars, counters and live log; what to do when it is blocked or failed. */
export function JobInstancePage() {
  const { id } = route.useParams()
  const [{ data, error, fetching }, read] = useReading({
    query: JobInstanceDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const instance = data?.jobInstance
  if (!instance) {
    return (
      <Page title={t.job.runs} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
        )}
      </Page>
    )
  }
  return <Run key={instance.id} instance={instance} />
}

function Run({ instance }: { instance: JobInstanceDetailFragment }) {
  const navigate = useNavigate()
  const { task: wanted } = route.useSearch()
  const running = isRunning(instance.state)
  // What comes is written to the cache: the query above draws it.
  useSubscription({ query: JobProgressDocument, variables: { id: instance.id }, pause: !running })

  const [following, setFollowing] = useState(true)
  const blocked = instance.tasks.find((task) => task.state === 'BLOCKED')
  const failed = instance.tasks.find((task) => task.state === 'ERRORED' || task.state === 'ABORTED')
  const now =
    blocked ??
    failed ??
    instance.tasks.find((task) => task.state === 'IN_PROGRESS') ??
    instance.tasks.findLast((task) => task.startedAt !== null) ??
    instance.tasks[0]
  const follows = running && following
  const current = (follows ? undefined : instance.tasks.find((task) => task.id === wanted)) ?? now
  const choose = (task: TaskFieldsFragment) => {
    setFollowing(false)
    void navigate({ to: '/runs/$id', params: { id: instance.id }, search: { task: task.id }, replace: true })
  }
  useKeys(running ? [{ key: 'f', label: t.job.followHint, run: () => setFollowing(!following) }] : [])
  const look = jobStates[instance.state]

  return (
    <Page
      title={instance.job.displayName}
      heading={
        <>
          {instance.job.displayName} <Badge {...look} spin={instance.state === 'IN_PROGRESS'} />
        </>
      }
      hint={
        <span className={classes.facts}>
          <Link to="/jobs/$job" params={{ job: instance.job.identifier }}>
            {t.job.runs}
          </Link>
          <span>
            {t.job.launchedBy} {actorName(instance.launchedBy, instance.launchedByName)}
          </span>
          <span>
            {t.job.started_} <RelativeTime at={instance.startedAt ?? instance.createdAt} />
          </span>
          <span>
            {t.job.duration} <Took instance={instance} />
          </span>
        </span>
      }
      actions={<RunActions instance={instance} />}
      scroll
    >
      <ProgressBar
        value={instance.progress}
        label={t.job.progress}
        tone={look.tone}
        moving={instance.state === 'IN_PROGRESS'}
      />
      {instance.state === 'BLOCKED' && blocked && (
        <BlockedPanel task={blocked} actions={<BlockedActions instance={instance} />} />
      )}
      {failed?.error && (
        <ProblemNote
          title={`${t.job.failedTask}: ${failed.displayName}`}
          problem={{ code: '', message: failed.error }}
        />
      )}
      <div className={classes.run}>
        <Section
          title={t.job.tasks}
          aside={
            running && (
              <Switch
                size="xs"
                label={t.job.follow}
                title={t.job.followHint}
                checked={following}
                onChange={(event) => setFollowing(event.currentTarget.checked)}
              />
            )
          }
        >
          {instance.tasks.length === 0 && <p className="dim">{t.job.noTasks}</p>}
          {byLevel(instance.tasks).map(({ level, tasks }) => (
            <ul key={level} className={classes.tasks} aria-label={t.job.level(level)}>
              {tasks.map((task) => (
                <li key={task.id}>
                  <TaskLine
                    task={task}
                    isCurrent={task.id === current?.id}
                    follows={follows}
                    onChoose={() => choose(task)}
                  />
                </li>
              ))}
            </ul>
          ))}
        </Section>
        {current && <TaskLog instanceId={instance.id} task={current} running={running} />}
      </div>
    </Page>
  )
}

function TaskLine({
  task,
  isCurrent,
  follows,
  onChoose,
}: {
  task: TaskFieldsFragment
  isCurrent: boolean
  follows: boolean
  onChoose: () => void
}) {
  const look = taskStates[task.state]
  const line = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (isCurrent && follows) line.current?.scrollIntoView({ block: 'nearest' })
  }, [isCurrent, follows])
  return (
    <button ref={line} type="button" className={classes.task} aria-pressed={isCurrent} onClick={onChoose}>
      <span className="cut" title={t.job.taskType[task.taskType]}>
        {task.displayName}
      </span>
      <span>
        <Badge {...look} spin={task.state === 'IN_PROGRESS'} />
      </span>
      <ProgressBar
        value={task.state.startsWith('COMPLETED') ? 1 : task.progress}
        label={task.displayName}
        tone={look.tone}
        moving={task.state === 'IN_PROGRESS'}
      />
      <span className="dim">
        <Took instance={task} />
      </span>
      <span className={classes.counters}>
        <CounterList counts={task.counts.map((c) => [inCamelCase(c.counter), c.value])} />
      </span>
    </button>
  )
}

function useInstanceAction() {
  const [cancelling, cancel] = useMutation(CancelJobInstanceDocument)
  const [resuming, resume] = useMutation(ResumeJobInstanceDocument)
  const [relaunching, relaunch] = useMutation(RelaunchJobInstanceDocument)
  return { cancel, resume, relaunch, busy: cancelling.fetching || resuming.fetching || relaunching.fetching }
}

function RunActions({ instance }: { instance: JobInstanceDetailFragment }) {
  const { can } = useCan()
  const navigate = useNavigate()
  const { cancel, relaunch, busy } = useInstanceAction()
  const [asking, setAsking] = useState(false)
  if (!can(permissions.jobsUpdate)) return null
  const input = { id: instance.id }
  const stop = async () => {
    const { error } = await cancel({ input })
    setAsking(false)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.job.cancelled)
  }
  const again = async () => {
    const { data, error } = await relaunch({ input })
    if (error) notifyProblem(toProblem(error))
    if (!data) return
    notifyDone(t.job.relaunched)
    void navigate({ to: '/runs/$id', params: { id: data.relaunchJobInstance.jobInstance.id } })
  }
  return (
    <>
      {(instance.state === 'QUEUED' || instance.state === 'IN_PROGRESS') && (
        <Button variant="default" onClick={() => setAsking(true)}>
          {t.job.stop}
        </Button>
      )}
      {(instance.state === 'ERRORED' || instance.state === 'ABORTED') && (
        <Button loading={busy} onClick={() => void again()}>
          {t.job.relaunch}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title={t.job.stopTitle}
          text={t.job.stopText}
          action={t.job.stop}
          danger
          busy={busy}
          onConfirm={() => void stop()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function BlockedActions({ instance }: { instance: JobInstanceDetailFragment }) {
  const { can } = useCan()
  const { username } = useMe()
  const { cancel, resume, busy } = useInstanceAction()
  const [asking, setAsking] = useState<'resume' | 'giveUp' | null>(null)
  const [reason, setReason] = useDraft(`run.${instance.id}`)
  const limits = instance.tasks.flatMap((task) =>
    task.state === 'BLOCKED' ? blockedLimits(task.blocked?.limits ?? []) : [],
  )
  const amounts = [...new Set(limits.map((limit) => `${limit.name} ${limit.counted}`))]
  if (!can(permissions.jobsUpdate)) return null
  const needsOther = instance.job.needsSecondPerson && instance.launchedBy === username
  const send = async (why: string) => {
    const { error } = await (asking === 'resume' ? resume : cancel)({ input: { id: instance.id, reason: why } })
    setAsking(null)
    if (error) return notifyProblem(toProblem(error))
    setReason('')
    notifyDone(asking === 'resume' ? t.job.resumed : t.job.givenUp)
  }
  return (
    <div className={classes.buttons}>
      <Button disabled={needsOther} onClick={() => setAsking('resume')}>
        {t.job.resume}…
      </Button>
      <Button variant="default" onClick={() => setAsking('giveUp')}>
        {t.job.giveUp}…
      </Button>
      {needsOther && <span className="dim">{t.job.needsOther}</span>}
      {asking && (
        <ConfirmDialog
          title={
            asking === 'resume'
              ? t.job.resumeTitle(instance.job.displayName)
              : t.job.giveUpTitle(instance.job.displayName)
          }
          text={
            <>
              <p>{asking === 'resume' ? t.job.resumeText : t.job.giveUpText}</p>
              {amounts.length > 0 && (
                <p>
                  <strong>{t.job.amounts(amounts)}</strong>
                </p>
              )}
            </>
          }
          action={asking === 'resume' ? t.job.resume : t.job.giveUp}
          danger
          busy={busy}
          reason={{
            label: asking === 'resume' ? t.job.resumeReason : t.job.giveUpReason,
            required: asking === 'resume',
            value: reason,
            onChange: setReason,
          }}
          onConfirm={(why) => void send(why)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}
