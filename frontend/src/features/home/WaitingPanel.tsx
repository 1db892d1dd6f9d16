import {
  IconBriefcase,
  IconChecklist,
  IconClock,
  IconCircleX,
  IconDoorExit,
  IconHandStop,
  IconScale,
  IconTools,
  IconUserCheck,
  type Icon,
} from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { mayReconcile, mayReconcileResources, mayReconcileRoles, mayReviewRoles } from '../../graphql/may'
import type { OwnerlessReason } from '../../graphql/types.generated'
import { useMe } from '../../graphql/SessionContext'
import { formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import classes from './Panels.module.css'

/** What waits for the person, with counts that stay true by themselves. */
export function WaitingPanel() {
  const me = useMe()
  const { scopes } = me
  const counters = useCounters()
  const mayReview = scopes.reviewProvisioning.length > 0
  const open = mayReconcile(me) ? counters?.reconciliation : undefined
  const rows: {
    to: LinkProps['to']
    search?: { reasons: OwnerlessReason[] }
    word: string
    icon: Icon
    count: number | undefined
    tone: string
  }[] = [
    ...(mayReviewRoles(me)
      ? [
          {
            to: '/approvals',
            word: t.request.home,
            icon: IconUserCheck,
            count: counters?.toApprove ?? undefined,
            tone: 'amber',
          } as const,
        ]
      : []),
    ...(mayReview
      ? [{ to: '/review', word: t.home.review, icon: IconChecklist, count: counters?.toReview, tone: 'amber' } as const]
      : []),
    ...(scopes.manualProvisioning.length > 0
      ? [{ to: '/manual', word: t.home.manual, icon: IconTools, count: counters?.manual, tone: 'violet' } as const]
      : []),
    ...(mayReview
      ? [{ to: '/errors', word: t.home.errored, icon: IconCircleX, count: counters?.errored, tone: 'red' } as const]
      : []),
    ...(open?.leavers
      ? [
          {
            to: '/reconcile/orphans',
            search: { reasons: ['LEAVER', 'OWNER_GONE'] as OwnerlessReason[] },
            word: t.reconcile.leavers(open.leavers),
            icon: IconDoorExit,
            count: open.accountsOfLeavers,
            tone: 'red',
          } as const,
        ]
      : []),
    ...(mayReconcileResources(me)
      ? [
          {
            to: '/reconcile/resources',
            word: t.reconcile.home,
            icon: IconScale,
            count: open ? open.toReconcile - open.roles : undefined,
            tone: 'amber',
          } as const,
        ]
      : []),
    ...(mayReconcileRoles(me)
      ? [
          {
            to: '/reconcile/roles',
            word: t.reconcile.role.home,
            icon: IconBriefcase,
            count: open?.roles,
            tone: 'amber',
          } as const,
        ]
      : []),
    ...(mayReviewRoles(me) && open?.prolonged
      ? [
          {
            to: '/reconcile/prolonged',
            word: t.reconcile.prolonged.home,
            icon: IconClock,
            count: open.prolonged,
            tone: 'amber',
          } as const,
        ]
      : []),
    ...(counters?.blockedRuns
      ? [
          {
            to: '/jobs',
            word: t.home.blockedRuns,
            icon: IconHandStop,
            count: counters.blockedRuns,
            tone: 'amber',
          } as const,
        ]
      : []),
    ...(counters?.blockedSystems
      ? [
          {
            to: '/systems',
            word: t.home.blockedSystems,
            icon: IconHandStop,
            count: counters.blockedSystems,
            tone: 'amber',
          } as const,
        ]
      : []),
  ]
  return (
    <Section
      title={t.home.waiting}
      panel
      aside={
        counters?.oldestWaitingAt && (
          <span className={classes.small}>
            {t.home.oldest} <RelativeTime at={counters.oldestWaitingAt} />
          </span>
        )
      }
    >
      {rows.length === 0 ? (
        <p className="dim">{t.home.nothingWaits}</p>
      ) : (
        <ul className={classes.rows}>
          {rows.map(({ to, search, word, icon: Glyph, count, tone }) => (
            <li key={word}>
              <Link to={to as '/reconcile/orphans'} search={search ?? {}} className={classes.row}>
                <Glyph size={16} stroke={1.8} aria-hidden color={`var(--tone-${tone}-text)`} />
                <span className={classes.grow}>{word}</span>
                <strong className={count ? 'num' : 'num dim'}>{count === undefined ? '–' : formatNumber(count)}</strong>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
