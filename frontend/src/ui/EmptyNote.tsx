import { IconInbox, type Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './Notes.module.css'

/** Nothing to show: why, and what fills it. */
export function EmptyNote(props: { title: string; hint?: string; icon?: Icon; action?: ReactNode }) {
  const { title, hint, icon: Glyph = IconInbox, action } = props
  return (
    <div className={classes.empty}>
      <Glyph size={28} stroke={1.4} aria-hidden />
      <p className={classes.emptyTitle}>{title}</p>
      {hint && <p className={classes.emptyHint}>{hint}</p>}
      {action}
    </div>
  )
}
