import type { ReactNode } from 'react'
import classes from './Tabs.module.css'

/** Links that change what stands below; the router marks the one that is open. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={classes.tabs} aria-label={label}>
      {children}
    </nav>
  )
}
