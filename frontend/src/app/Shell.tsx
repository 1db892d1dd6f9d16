import { Notifications } from '@mantine/notifications'
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Suspense, useContext, useEffect, useMemo, useState } from 'react'
import { useClient } from 'urql'
import { LiveContext } from '../graphql/live'
import { useMe } from '../graphql/SessionContext'
import { SocketStatusContext } from '../graphql/socketStatus'
import { t } from '../lib/texts'
import { cx } from '../ui/cx'
import { KeymapContext, useKeys } from '../ui/keys'
import { lazyPart } from '../ui/lazyPart'
import { Nav } from './Nav'
import { NewVersion } from './NewVersion'
import { PendingPage } from './notices'
import { FenceBanner } from '../features/fence/FenceBanner'
import { mayApprove, mayReconcile, maySeeApprovals, maySeeFence, maySeeRequests } from '../graphql/may'
import classes from './Shell.module.css'
import { TopBar } from './TopBar'
import { useListedPages } from './listed'

const loadPalette = () => import('./JumpPalette')
const JumpPalette = lazyPart(() => loadPalette().then((m) => m.JumpPalette))
const KeyHelp = lazyPart(() => import('./KeyHelp').then((m) => m.KeyHelp))

/** The frame around every page of a signed-in person. */
export function Shell() {
  const me = useMe()
  const pages = useListedPages()
  const client = useClient()
  const live = useContext(LiveContext)
  const status = useContext(SocketStatusContext)
  const keymap = useContext(KeymapContext)
  const concerns = useMemo(
    () => ({
      reconciliation: mayReconcile(me),
      requests: maySeeRequests(me) || maySeeApprovals(me),
      approvals: mayApprove(me),
    }),
    [me],
  )
  const navigate = useNavigate()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [navOpen, setNavOpen] = useState(false)
  const [overlay, setOverlay] = useState<'jump' | 'keys' | null>(null)

  useEffect(() => live.start(client, status, concerns), [live, client, status, concerns])
  // Brought early, so that what is typed right after Ctrl K lands in it.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), 400)
    return () => clearTimeout(timer)
  }, [])

  // The code of all pages the person may open, while nothing else is to do: they open at once, also when the server is gone.
  useEffect(() => {
    const waiting = [...pages]
    let timer: ReturnType<typeof setTimeout>
    const next = () => {
      waiting.shift()?.preload()
      if (waiting.length) timer = setTimeout(next, 250)
    }
    timer = setTimeout(next, 4_000)
    return () => clearTimeout(timer)
  }, [pages])

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
    ...pages.flatMap(({ path, go }) =>
      go ? [{ key: `g ${go.key}`, label: go.says, global: true, run: () => void navigate({ to: path }) }] : [],
    ),
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
        {overlay === 'jump' && (
          <JumpPalette
            onClose={() => setOverlay((now) => (now === 'jump' ? null : now))}
            onKeys={() => setOverlay('keys')}
          />
        )}
        {overlay === 'keys' && <KeyHelp onClose={() => setOverlay(null)} />}
      </Suspense>
      <Notifications position="bottom-left" limit={4} />
    </div>
  )
}
