import { useEffect, type ReactNode } from 'react'
import { t } from '../lib/texts'
import { cx } from './cx'
import classes from './Page.module.css'

/** Title, hint and actions of a page; sets the title of the window. */
export function Page(props: {
  title: string
  /** Drawn instead of the title, where the title is a name with badges. */
  heading?: ReactNode
  hint?: ReactNode
  actions?: ReactNode
  /** Below the title: tabs, tiles. */
  nav?: ReactNode
  /** The title is for screen readers only. */
  bare?: boolean
  /** The content scrolls as a whole; lists scroll by themselves instead. */
  scroll?: boolean
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${props.title} · ${t.app.name}`
  }, [props.title])
  return (
    <div className={cx(classes.page, props.scroll && classes.scroll)}>
      <header className={cx(classes.head, props.bare && 'sr-only')}>
        <div className={classes.titles}>
          <h1>{props.heading ?? props.title}</h1>
          {props.hint && (
            <div className={classes.hint} title={typeof props.hint === 'string' ? props.hint : undefined}>
              {props.hint}
            </div>
          )}
        </div>
        {props.actions && <div className={classes.actions}>{props.actions}</div>}
      </header>
      {props.nav}
      {props.scroll ? <div className={classes.content}>{props.children}</div> : props.children}
    </div>
  )
}

/** A titled block, a landmark of its own. */
export function Section(props: { title: string; aside?: ReactNode; children: ReactNode; panel?: boolean }) {
  return (
    <section
      aria-label={props.title}
      className={cx(classes.section, props.panel && 'panel', props.panel && classes.panel)}
    >
      <div className={classes.sectionHead}>
        <h2>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  )
}
