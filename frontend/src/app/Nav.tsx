import {
  IconBook2,
  IconBriefcase,
  IconChecklist,
  IconCircleX,
  IconFileText,
  IconHome,
  IconKey,
  IconLifebuoy,
  IconPlayerPlay,
  IconServer,
  IconStack2,
  IconTools,
  IconTransfer,
  IconUsers,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useCounters } from '../graphql/live'
import { useMe, useSession } from '../graphql/SessionContext'
import { formatNumber } from '../lib/format'
import { t } from '../lib/texts'
import { Logo } from '../ui/Logo'
import classes from './Nav.module.css'
import { openQueue } from './openQueue'
import {
  mayDoManual,
  mayReview,
  maySeeAccess,
  maySeeAudit,
  maySeeJobs,
  maySeeModel,
  maySeeOrders,
  maySeePeople,
  maySeeQueue,
  maySeeSystems,
  maySeeWebhooks,
} from '../graphql/may'

interface Item {
  to: NonNullable<LinkProps['to']>
  word: string
  icon: Icon
  count?: number
  exact?: boolean
}

/** Navigation by task, then things, then machinery; only what the person may use. */
export function Nav() {
  const me = useMe()
  const session = useSession()
  const counters = useCounters()
  const groups: { title: string; items: (Item | false)[]; queue?: boolean }[] = [
    { title: '', items: [{ to: '/', word: t.nav.home, icon: IconHome, exact: true }] },
    {
      title: t.nav.work,
      items: [
        mayReview(me) && { to: '/review', word: t.nav.review, icon: IconChecklist, count: counters?.toReview },
        mayDoManual(me) && { to: '/manual', word: t.nav.manual, icon: IconTools, count: counters?.manual },
        mayReview(me) && { to: '/errors', word: t.nav.errors, icon: IconCircleX, count: counters?.errored },
      ],
    },
    {
      title: t.nav.things,
      items: [
        maySeePeople(me) && { to: '/people', word: t.nav.people, icon: IconUsers },
        maySeeOrders(me) && { to: '/orders', word: t.nav.orders, icon: IconTransfer },
      ],
    },
    {
      title: t.nav.machinery,
      queue: maySeeQueue(me),
      items: [
        maySeeJobs(me) && { to: '/jobs', word: t.nav.jobs, icon: IconPlayerPlay, count: counters?.runningJobs },
        maySeeModel(me) && { to: '/model/roles', word: t.nav.roles, icon: IconBriefcase },
        maySeeModel(me) && { to: '/model/resource-types', word: t.nav.resourceTypes, icon: IconBook2 },
        maySeeSystems(me) && { to: '/systems', word: t.nav.systems, icon: IconServer },
        maySeeAccess(me) && { to: '/access', word: t.nav.access, icon: IconKey },
        maySeeWebhooks(me) && { to: '/webhooks', word: t.nav.webhooks, icon: IconWebhook },
        maySeeAudit(me) && { to: '/audit', word: t.nav.audit, icon: IconFileText },
      ],
    },
    { title: '', items: [{ to: '/help', word: t.nav.help, icon: IconLifebuoy }] },
  ]
  return (
    <nav className={classes.nav} aria-label={t.app.navigation}>
      <Link to="/" className={classes.brand}>
        <Logo size={22} />
        <span>{t.app.name}</span>
      </Link>
      {groups.map((group, index) => {
        const items = group.items.filter((item) => item !== false)
        if (items.length === 0 && !group.queue) return null
        return (
          <div key={index} className={classes.group}>
            {group.title && <p className={classes.title}>{group.title}</p>}
            <ul>
              {items.map(({ to, word, icon: Glyph, count, exact }) => (
                <li key={to}>
                  <Link
                    to={to}
                    className={classes.link}
                    activeOptions={{ exact: exact ?? false, includeSearch: false }}
                  >
                    <Glyph size={16} stroke={1.7} aria-hidden />
                    <span className="cut">{word}</span>
                    {count ? <span className={classes.count}>{formatNumber(count)}</span> : null}
                  </Link>
                </li>
              ))}
              {group.queue && (
                <li>
                  <button type="button" className={classes.link} onClick={() => void openQueue(session)}>
                    <IconStack2 size={16} stroke={1.7} aria-hidden />
                    <span className="cut">{t.nav.queue}</span>
                  </button>
                </li>
              )}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}
