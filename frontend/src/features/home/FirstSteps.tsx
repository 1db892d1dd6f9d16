import { IconRocket } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { maySeeSystems } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { SystemHealthDocument } from './home.generated'

/** What to do first while nobody is known or nothing ran yet: connect a system, or run the job that reads those that are connected. */
export function FirstSteps({ knowsPeople }: { knowsPeople: boolean }) {
  const me = useMe()
  const sees = maySeeSystems(me)
  const [{ data }] = useReading({ query: SystemHealthDocument, pause: !sees })
  if (!sees) return <EmptyNote icon={IconRocket} title={t.home.first.title} hint={t.home.first.others} />
  if (!data) return null
  return data.connectorsPage.nodes.length === 0 ? (
    <EmptyNote
      icon={IconRocket}
      title={t.home.first.title}
      hint={t.home.first.connect}
      action={<code>bin/writ apply my-config/</code>}
    />
  ) : (
    <EmptyNote
      icon={IconRocket}
      title={knowsPeople ? t.home.first.noRunTitle : t.home.first.title}
      hint={knowsPeople ? t.home.first.noRun : t.home.first.run}
      action={<Link to="/jobs">{t.home.first.toJobs}</Link>}
    />
  )
}
