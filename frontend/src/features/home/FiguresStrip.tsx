import { IconArrowsLeftRight, IconPlayerPlay, IconUsers, type Icon } from '@tabler/icons-react'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useCounters } from '../../graphql/live'
import { maySeeJobs, maySeeOrders, maySeePeople } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { ProvisioningState } from '../../graphql/types.generated'
import { formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import classes from './FiguresStrip.module.css'

/** States in which an order still has a way to go. */
const under: ProvisioningState[] = [
  'NONE',
  'PENDING',
  'TRANSMITTED',
  'ERRORED',
  'AWAITING_APPROVAL',
  'ERROR',
  'EXECUTED',
]

/** How large the house is and how busy, in three live numbers. */
export function FiguresStrip() {
  const me = useMe()
  const counters = useCounters()
  const open = counters?.ordersByState.filter((s) => under.includes(s.state)).reduce((sum, s) => sum + s.count, 0)
  const figures: { to: LinkProps['to']; word: string; icon: Icon; count: number | undefined; shown: boolean }[] = [
    {
      to: '/people',
      word: t.home.people,
      icon: IconUsers,
      count: counters?.people,
      shown: maySeePeople(me),
    },
    {
      to: '/orders',
      word: t.home.openOrders,
      icon: IconArrowsLeftRight,
      count: open,
      shown: maySeeOrders(me),
    },
    {
      to: '/jobs',
      word: t.home.runningJobs,
      icon: IconPlayerPlay,
      count: counters?.runningJobs,
      shown: maySeeJobs(me),
    },
  ]
  return (
    <ul className={classes.strip} aria-label={t.home.figures}>
      {figures
        .filter((f) => f.shown)
        .map(({ to, word, icon: Glyph, count }) => (
          <li key={word}>
            <Link to={to} className={classes.figure}>
              <Glyph size={18} stroke={1.7} aria-hidden />
              <strong className="num">{count === undefined ? '–' : formatNumber(count)}</strong>
              <span>{word}</span>
            </Link>
          </li>
        ))}
    </ul>
  )
}
