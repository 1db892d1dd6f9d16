import { Notifications } from '@mantine/notifications'
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useContext, useEffect, useState } from 'react'
import { useClient } from 'urql'
import { LiveContext } from '../graphql/live'
import { useMe } from '../graphql/SessionContext'
import { t } from '../lib/texts'
import { cx } from '../ui/cx'
import { KeymapContext, useKeys } from '../ui/keys'
import { Nav } from './Nav'
import { NewVersion } from './NewVersion'
import { PendingPage } from './pages'
import { FenceBanner } from '../features/fence/FenceBanner'
import { mayDoManual, mayReview, maySeeFence, maySeeJobs, maySeeOrders, maySeePeople } from '../graphql/may'
import classes from './Shell.module.css'
import { TopBar } from './TopBar'

const loadPalette = () => import('./JumpPalette')
const JumpPalette = lazy(() => loadPalette().then((m) => ({ default: m.JumpPalette })))
const KeyHelp = lazy(() => import('./KeyHelp').then((m) => ({ default: m.KeyHelp })))

/** The frame around every page of a signed-in person. */
export function Shell() {
  const me = useMe()
  const client = useClient()
  const live = useContext(LiveContext)
  const keymap = useContext(KeymapContext)
  const navigate = useNavigate()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [navOpen, setNavOpen] = useState(false)
  const [overlay, setOverlay] = useState<'jump' | 'keys' | null>(null)

  useEffect(() => live.start(client), [live, client])
  // Brought early, so that what is typed right after Ctrl K lands in it.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 400)
    return () => clearTimeout(timer)
  }, [])

  // Letters typed while an overlay is on its way must not act on the page behind it.
  useEffect(() => (overlay ? keymap.pause() : undefined), [overlay, keymap])

  const [shownPath, setShownPath] = useState(path)
  if (path !== shownPath) {
    setShownPath(path)
    setNavOpen(false)
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setOverlay('jump')
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  useKeys([
    { key: '?', label: t.keys.help, global: true, run: () => setOverlay('keys') },
    { key: 'g h', label: t.keys.goHome, global: true, run: () => void navigate({ to: '/' }) },
    ...(mayReview(me)
      ? [{ key: 'g r', label: t.keys.goReview, global: true, run: () => void navigate({ to: '/review' }) }]
      : []),
    ...(mayDoManual(me)
      ? [{ key: 'g m', label: t.keys.goManual, global: true, run: () => void navigate({ to: '/manual' }) }]
      : []),
    ...(maySeeOrders(me)
      ? [{ key: 'g o', label: t.keys.goOrders, global: true, run: () => void navigate({ to: '/orders' }) }]
      : []),
    ...(maySeePeople(me)
      ? [{ key: 'g p', label: t.keys.goPeople, global: true, run: () => void navigate({ to: '/people' }) }]
      : []),
    ...(maySeeJobs(me)
      ? [{ key: 'g j', label: t.keys.goJobs, global: true, run: () => void navigate({ to: '/jobs' }) }]
      : []),
  ])

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t.app.skip}
      </a>
      <div className={cx(classes.side, navOpen && classes.sideOpen)}>
        <Nav />
      </div>
      {navOpen && (
        <button type="button" className={classes.veil} aria-label={t.common.close} onClick={() => setNavOpen(false)} />
      )}
      <div className={classes.rest}>
        {me.testHooks && (
          <section className={classes.warning} aria-label={t.app.testHooksTitle}>
            {t.app.testHooks}
          </section>
        )}
        <NewVersion />
        {maySeeFence(me) && <FenceBanner className={classes.warning} />}
        <TopBar
          navOpen={navOpen}
          onNav={() => setNavOpen(!navOpen)}
          onJump={() => setOverlay('jump')}
          onKeys={() => setOverlay('keys')}
        />
        <main id="content" className={classes.main} tabIndex={-1}>
          <Suspense fallback={<PendingPage />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Suspense fallback={null}>
        {overlay === 'jump' && <JumpPalette onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />}
        {overlay === 'keys' && <KeyHelp onClose={() => setOverlay(null)} />}
      </Suspense>
      <Notifications position="bottom-left" limit={4} />
    </div>
  )
}
