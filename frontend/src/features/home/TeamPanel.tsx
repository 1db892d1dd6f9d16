import { Link } from '@tanstack/react-router'
import { useJobChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { HomeTeamDocument } from './home.generated'
import classes from './Panels.module.css'

/** Who of the team left and still has something, whose contract ends, and who is at risk. */
export function TeamPanel() {
  const [{ data, error }, read] = useReading({ query: HomeTeamDocument, requestPolicy: 'cache-and-network' })
  useJobChanges(() => read({ requestPolicy: 'network-only' }))
  return (
    <Section
      title={t.team.title}
      panel
      aside={
        <Link to="/team" className={classes.small}>
          {data ? t.team.home(data.teamCounts.people) : t.common.all}
        </Link>
      }
    >
      {error && !data ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !data ? (
        <Skeleton lines={2} />
      ) : data.myTeam.nodes.length === 0 ? (
        <p className="dim">{t.team.homeFine}</p>
      ) : (
        <ul className={classes.rows}>
          {data.myTeam.nodes.map((member) => (
            <li key={member.id}>
              <Link to="/team" search={{ text: member.person.displayName }} className={classes.row}>
                <span className={classes.grow}>{member.person.displayName}</span>
                <span className={classes.small}>
                  {t.team.standing[member.standing]}
                  {member.contractEnd && `, ${formatLastDay(member.contractEnd)}`}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
