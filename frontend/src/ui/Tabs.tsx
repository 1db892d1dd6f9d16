import { useEffect, useRef, type ReactNode } from 'react'
import classes from './Tabs.module.css'

/** Links that change what stands below; the router marks the one that is open. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const bar = useRef<HTMLElement>(null)
  // Where there is no room for all, the open one is in view.
  useEffect(() => {
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  })
  return (
    <nav ref={bar} className={classes.tabs} aria-label={label}>
      {children}
    </nav>
  )
}
