import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useContext, useEffect, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { PageProblem } from '../../graphql/readPages'
import { useCan } from '../../graphql/SessionContext'
import type { LogLevel } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { download } from '../../lib/csv'
import { formatTime } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { ExportContext } from '../../ui/ExportContext'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { notifyProblem } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import type { TaskFieldsFragment } from './BlockedPanel.generated'
import { TaskLogDocument } from './TaskLog.generated'
import classes from './Job.module.css'

const levels: LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR']

/** The log of a task, newest first, followed while the run goes on. */
export function TaskLog(props: { instanceId: string; task: TaskFieldsFragment; running: boolean }) {
  const { task, running } = props
  const { can } = useCan()
  const allowed = can(permissions.jobLog) || can(permissions.jobs)
  const [level, setLevel] = useState<LogLevel>()
  const [text, setText] = useState<string>()
  const [{ data, error }, read] = useReading({
    query: TaskLogDocument,
    variables: { id: props.instanceId, levels: level && levels.slice(levels.indexOf(level)), text },
    requestPolicy: 'cache-and-network',
    pause: !allowed,
  })
  useEffect(() => {
    if (!allowed || !running) return
    const timer = setInterval(() => read({ requestPolicy: 'network-only' }), 1_500)
    return () => {
      clearInterval(timer)
      // The last lines come with the end of the run.
      read({ requestPolicy: 'network-only' })
    }
  }, [allowed, running, read])

  const tell = useContext(ExportContext)

  if (!allowed) return null
  const lines = data?.jobInstance?.tasks.find((other) => other.id === task.id)?.log
  const save = async () => {
    const shown = lines ?? []
    try {
      await tell('task-log', shown.length)
    } catch (reason) {
      notifyProblem(reason instanceof PageProblem ? reason.problem : { code: 'INTERNAL', message: String(reason) })
      return
    }
    const text = shown.toReversed().map((line) => `${line.at} ${line.level} ${line.message}`)
    download(`writ-${task.identifier}.log`, text.join('\n'), 'text/plain')
  }
  return (
    <Section
      title={`${t.job.log}: ${task.displayName}`}
      aside={
        <span className={classes.logTools}>
          <SearchFilter label={t.job.logSearch} placeholder={t.job.logSearch} value={text} onChange={setText} />
          <SelectFilter
            label={t.job.logLevel}
            any={t.job.logLevel}
            value={level}
            options={levels.map((value) => ({ value, label: value.toLowerCase() }))}
            onChange={setLevel}
          />
          <Button
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            disabled={!lines?.length}
            onClick={() => void save()}
          >
            {t.job.logDownload}
          </Button>
        </span>
      }
    >
      {error && !data ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !lines ? (
        <Skeleton lines={4} />
      ) : lines.length === 0 ? (
        <p className="dim">{level || text ? t.job.logNothing : t.job.logEmpty}</p>
      ) : (
        <ol className={classes.log} tabIndex={0} aria-label={t.job.log}>
          {lines.map((line) => (
            <li
              key={line.id}
              className={cx(line.level === 'WARN' && classes.warn, line.level === 'ERROR' && classes.err)}
            >
              <time dateTime={line.at}>{formatTime(line.at)}</time>
              <span className={classes.lvl}>{line.level.toLowerCase()}</span>
              <span className={classes.msg}>{line.message}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
