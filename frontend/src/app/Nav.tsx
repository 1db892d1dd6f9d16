import { Link } from '@tanstack/react-router'
import { useCounters } from '../graphql/live'
import { formatNumber } from '../lib/format'
import { t } from '../lib/texts'
import { Logo } from '../ui/Logo'
import classes from './Nav.module.css'
import { useListedPages, type Listed } from './listed'

const groups: Record<Listed['group'], string> = {
  top: '',
  work: t.nav.work,
  things: t.nav.things,
  machinery: t.nav.machinery,
  end: '',
}

/** Navigation by task, then things, then machinery; only what the person may use. */
export function Nav() {
  const counters = useCounters()
  const pages = useListedPages()
  return (
    <nav className={classes.nav} aria-label={t.app.navigation}>
      <Link to="/" className={classes.brand}>
        <Logo size={22} />
        <span>{t.app.name}</span>
      </Link>
      {Object.entries(groups).map(([group, title]) => {
        const items = pages.filter((page) => page.group === group)
        if (items.length === 0) return null
        return (
          <div key={group} className={classes.group}>
            {title && <p className={classes.title}>{title}</p>}
            <ul>
              {items.map(({ path, label, icon: Glyph, counter }) => {
                const count = counters && counter ? counter(counters) : 0
                return (
                  <li key={path}>
                    <Link
                      to={path}
                      className={classes.link}
                      activeOptions={{ exact: path === '/', includeSearch: false }}
                    >
                      <Glyph size={16} stroke={1.7} aria-hidden />
                      <span className="cut">{label}</span>
                      {count ? <span className={classes.count}>{formatNumber(count)}</span> : null}
                    </Link>
                  </li>
                )
              })}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}
