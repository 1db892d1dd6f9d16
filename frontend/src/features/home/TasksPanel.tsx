import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { TasksChangedDocument } from '../../graphql/live.generated'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { useTold } from '../../graphql/useTold'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { HomeTasksDocument } from './home.generated'
import classes from './Panels.module.css'

/** The first of what waits for the person, and the way to begin with it. */
export function TasksPanel() {
  const [{ data, error }, read] = useReading({ query: HomeTasksDocument, requestPolicy: 'cache-and-network' })
  useTold(TasksChangedDocument, {}, () => read({ requestPolicy: 'network-only' }))
  const tasks = data?.myTasks.nodes
  const total = data?.myTasks.totalCount ?? 0
  const first = tasks?.[0]
  return (
    <Section
      title={t.tasks.title}
      panel
      aside={
        <Link to="/tasks" className={classes.small}>
          {tasks && total > tasks.length ? t.tasks.homeAll(total) : t.common.all}
        </Link>
      }
    >
      {error && !tasks ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !tasks ? (
        <Skeleton lines={3} />
      ) : !first ? (
        <p className="dim">{t.tasks.none}.</p>
      ) : (
        <>
          <ul className={classes.rows}>
            {tasks.map((task) => (
              <li key={task.id}>
                <Link to={task.link as '/tasks'} className={classes.row}>
                  <span className={classes.grow}>
                    <span className="dim">{t.tasks.kind[task.kind]}: </span>
                    {task.subject}
                    {task.person && <span className="dim"> · {task.person.displayName}</span>}
                  </span>
                  {task.isLate && <span className={classes.late}>{t.tasks.late}</span>}
                  <span className={classes.small}>
                    <RelativeTime at={task.since} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          <div>
            <Button component={Link} to={first.link as '/tasks'} variant="default">
              {t.tasks.start}
            </Button>
          </div>
        </>
      )}
    </Section>
  )
}
