import { IconUser } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import type { OwnerCardFragment } from './OwnerCard.generated'
import classes from './OwnerCard.module.css'

/** Whom an order is for. */
export function OwnerCard({ owner }: { owner: OwnerCardFragment | null }) {
  const { scopes } = useMe()
  if (!owner) return <p className="dim">{t.order.noOwner}</p>
  const mayOpen = scopes.queryResources.includes(owner.entityType)
  return (
    <section className={classes.card} aria-label={t.review.ownerCard}>
      <span className={classes.icon} aria-hidden>
        <IconUser size={18} stroke={1.6} />
      </span>
      <div className={classes.body}>
        {mayOpen ? (
          <Link to="/person/$id" params={{ id: owner.id }}>
            {owner.displayName}
          </Link>
        ) : (
          <strong>{owner.displayName}</strong>
        )}
        <span className="dim">{[owner.key, owner.summary].filter(Boolean).join(' · ')}</span>
      </div>
    </section>
  )
}
