import { mayHave, mayHaveTasks } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { HomeAccessDocument, HomeTasksDocument } from './home.generated'

/** How much waits for the person, and how much he has, in one sentence: what the blocks below read. */
export function HomeSum() {
  const me = useMe()
  const [{ data: tasks }] = useReading({ query: HomeTasksDocument, pause: !mayHaveTasks(me) })
  const [{ data: access }] = useReading({ query: HomeAccessDocument, pause: !mayHave(me) })
  const words = [
    mayHaveTasks(me) ? tasks && t.tasks.sum(tasks.myTasks.totalCount) : t.tasks.sum(0),
    access && t.held.home(access.all.totalCount),
  ]
  return <span role="status">{words.filter(Boolean).join(' ')}</span>
}
