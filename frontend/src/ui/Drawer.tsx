import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowsDiagonal, IconX } from '@tabler/icons-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { t } from '../lib/texts'
import classes from './Drawer.module.css'

interface DrawerProps {
  title: ReactNode
  sub?: ReactNode
  /** Link that shows the same as a page of its own; drawn as an icon. */
  pageLink?: (children: ReactNode) => ReactNode
  /** Changes when the drawer shows something else: it scrolls up and reads the new title. */
  subject: string
  /** The next contents are on their way; these are of what was shown before. */
  busy?: boolean
  onClose: () => void
  footer?: ReactNode
  children: ReactNode
}

/**
 * The one drawer: beside the list on wide screens, over its right part on others. It is not modal: the list stays in reach of
 * the keyboard, and what is seen of it in reach of the mouse. Escape closes it.
 */
export function Drawer({ title, sub, pageLink, subject, busy, onClose, footer, children }: DrawerProps) {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const body = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })

  useEffect(() => {
    // What is above the drawer takes Escape for itself, and may be gone when the key arrives here: look before it is handled.
    let covered = false
    const look = () => {
      covered = document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]') !== null
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !covered) close.current()
    }
    window.addEventListener('keydown', look, true)
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('keydown', look, true)
      window.removeEventListener('keydown', onKey)
    }
  }, [])

  // First of the two: where the focus was is not known any more once the title has it.
  useEffect(() => {
    const before = document.activeElement
    return () => {
      const grid = document.querySelector<HTMLElement>('[role="grid"]')
      if (before instanceof HTMLElement && before.isConnected && before !== document.body)
        before.focus({ preventScroll: true })
      else grid?.focus({ preventScroll: true })
    }
  }, [])

  useEffect(() => {
    const field = body.current?.querySelector<HTMLElement>('[data-autofocus]') ?? heading.current
    field?.focus({ preventScroll: true })
    body.current?.scrollTo?.({ top: 0 })
  }, [subject])

  return (
    <div className={classes.drawer} data-drawer role="dialog" aria-labelledby={id} aria-busy={busy}>
      <header className={classes.head}>
        <div className={classes.titles}>
          <h2 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          {sub && <div className={classes.sub}>{sub}</div>}
        </div>
        {pageLink?.(<IconArrowsDiagonal size={16} aria-label={t.common.openPage} />)}
        <Tooltip label={t.common.close}>
          <ActionIcon variant="subtle" color="gray" aria-label={t.common.close} onClick={onClose}>
            <IconX size={17} />
          </ActionIcon>
        </Tooltip>
      </header>
      <div className={classes.body} ref={body} tabIndex={0} role="group" aria-labelledby={id}>
        {children}
      </div>
      {footer && <footer className={classes.foot}>{footer}</footer>}
    </div>
  )
}
