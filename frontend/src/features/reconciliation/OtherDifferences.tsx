import { Link } from '@tanstack/react-router'
import { useReconciliationChanges } from '../../graphql/live'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Section } from '../../ui/Page'
import { OtherDifferencesDocument } from './DifferenceDrawer.generated'
import { kindLooks } from './looks'
import classes from './Reconciliation.module.css'

/** What else of the same owner waits for a decision; nothing when nothing does. */
export function OtherDifferences({ ownerId, but }: { ownerId: string; but: string }) {
  const [{ data }, read] = useReading({
    query: OtherDifferencesDocument,
    variables: { ownerId },
    requestPolicy: 'cache-and-network',
  })
  useReconciliationChanges(() => read({ requestPolicy: 'network-only' }))
  const found = data?.reconciliationItems
  const others = found?.nodes.filter((d) => d.id !== but && d.closedAt === null) ?? []
  if (!found || others.length === 0) return null
  const more = found.totalCount - found.nodes.length
  return (
    <Section title={t.reconcile.others}>
      <ul className={classes.others}>
        {others.map((d) => (
          <li key={d.id}>
            <Link to="/reconcile/resources/$itemId" params={{ itemId: d.id }} search={{ view: 'rows' }} replace>
              <Badge {...kindLooks[d.kind]} />
              <span className="cut">{[d.propertyName, d.resourceTypeName].filter(Boolean).join(' · ')}</span>
            </Link>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="dim">{t.reconcile.moreOthers(more)}</p>}
    </Section>
  )
}
