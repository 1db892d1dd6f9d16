import { IconChecklist, IconCircleX, IconHandStop, IconTools, type Icon } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { useMe } from '../../graphql/SessionContext'
import { formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { RelativeTime } from '../../ui/RelativeTime'
import classes from './Panels.module.css'

/** What waits for the person, with counts that stay true by themselves. */
export function WaitingPanel() {
  const { scopes } = useMe()
  const counters = useCounters()
  const mayReview = scopes.reviewProvisioning.length > 0
  const rows: { to: LinkProps['to']; word: string; icon: Icon; count: number | undefined; tone: string }[] = [
    ...(mayReview
      ? [{ to: '/review', word: t.home.review, icon: IconChecklist, count: counters?.toReview, tone: 'amber' } as const]
      : []),
    ...(scopes.manualProvisioning.length > 0
      ? [{ to: '/manual', word: t.home.manual, icon: IconTools, count: counters?.manual, tone: 'violet' } as const]
      : []),
    ...(mayReview
      ? [{ to: '/errors', word: t.home.errored, icon: IconCircleX, count: counters?.errored, tone: 'red' } as const]
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
          {rows.map(({ to, word, icon: Glyph, count, tone }) => (
            <li key={word}>
              <Link to={to} className={classes.row}>
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
