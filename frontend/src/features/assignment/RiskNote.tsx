import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { maySeeIdentifiedRisks } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { RisksOfPersonDocument } from './RiskNote.generated'
import classes from './PermissionsTab.module.css'

/** The risks that somebody has, with the way to what makes each up. Nothing without any. */
export function RiskNote({ id }: { id: string }) {
  const pause = !maySeeIdentifiedRisks(useMe())
  const [{ data }, read] = useReading({
    query: RisksOfPersonDocument,
    variables: { owner: id },
    requestPolicy: 'cache-and-network',
    pause,
  })
  usePersonChanges(id, () => read({ requestPolicy: 'network-only' }), { pause })
  const found = data?.identifiedRisks.nodes ?? []
  const score = data?.riskScores.nodes[0]
  if (!found.length && !score) return null
  return (
    <div className={classes.risks} role="group" aria-label={t.risk.title}>
      <IconAlertTriangle size={16} aria-hidden />
      <span>{t.risk.personTitle(data?.identifiedRisks.totalCount ?? found.length)}</span>
      {score && (
        <Link to="/risks/scores/$person" params={{ person: id }}>
          {t.risk.scoreOf(score.score)}
        </Link>
      )}
      <ul>
        {found.map((x) => (
          <li key={x.id}>
            <Link to="/risks/identified/$identified" params={{ identified: x.id }}>
              {x.risk.displayName}
            </Link>
            <span className="dim">
              {[t.risk.ofLevel(x.risk.level), x.attachment && t.risk.byHand, formatPeriod(x.startDate, x.endDate)]
                .filter(Boolean)
                .join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
