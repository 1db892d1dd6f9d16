import { Link } from '@tanstack/react-router'
import { useCan } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { amount, n } from '../../lib/texts/plural'
import { RelativeTime } from '../../ui/RelativeTime'
import { ComputationFaultsDocument } from './FaultsPanel.generated'
import classes from './FaultsPanel.module.css'

/** Who cannot be computed, and which records cannot be matched: nothing while there is nobody. */
export function FaultsPanel() {
  const { can } = useCan()
  const [{ data }] = useReading({
    query: ComputationFaultsDocument,
    variables: { first: 50 },
    pause: !can(permissions.assignments),
    requestPolicy: 'cache-and-network',
  })
  const faults = data?.computationFaults
  if (!faults?.totalCount) return null
  return (
    <details className={classes.panel} open={faults.totalCount <= 3}>
      <summary>
        <strong>
          {t.review.faults} <span className="num">{n(amount(faults.totalCount, faults.totalCountIsEstimate))}</span>
        </strong>{' '}
        <span className="dim">{t.review.faultsHint}</span>
      </summary>
      <ul>
        {faults.nodes.map((fault) => (
          <li key={fault.id}>
            <Link to="/person/$id" params={{ id: fault.resource.id }}>
              {fault.resource.displayName}
            </Link>
            <span>{fault.message}</span>
            <span className="dim">
              <RelativeTime at={fault.since} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
