import { Button } from '@mantine/core'
import { IconAlertTriangle, IconLock, IconMapOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { isGone, MissingCode } from '../lib/freshCode'
import { t } from '../lib/texts'
import { EmptyNote } from '../ui/EmptyNote'
import { Skeleton } from '../ui/Skeleton'
import { useMissingCode } from '../ui/useMissingCode'
import classes from './notices.module.css'

function Plain({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${t.app.name}`
  }, [title])
  return (
    <div className={classes.plain}>
      <h1 className="sr-only">{title}</h1>
      {children}
    </div>
  )
}

const goHome = <Link to="/">{t.problem.home}</Link>

/** 403 */
export function ForbiddenPage() {
  return (
    <Plain title={t.problem.forbiddenTitle}>
      <EmptyNote icon={IconLock} title={t.problem.forbiddenTitle} hint={t.problem.forbidden} action={goHome} />
    </Plain>
  )
}

/** 404 */
export function NotFoundPage() {
  return (
    <Plain title={t.problem.notFoundTitle}>
      <EmptyNote icon={IconMapOff} title={t.problem.notFoundTitle} hint={t.problem.notFound} action={goHome} />
    </Plain>
  )
}

/** 404 outside the frame. */
export function NotFoundScreen() {
  return (
    <main>
      <NotFoundPage />
    </main>
  )
}

/** While the code of a page is on its way. */
export function PendingPage() {
  return (
    <div className={classes.pending}>
      <Skeleton lines={6} />
    </div>
  )
}

/** A page that threw. */
export function RouteProblem({ error, reset }: { error: Error; reset: () => void }) {
  const isOld = error instanceof MissingCode || isGone(error.message)
  const missing = useMissingCode(isOld)
  const hint = { looking: t.problem.looking, away: t.problem.away, gone: t.problem.old }[missing]
  return (
    <Plain title={t.problem.page}>
      <EmptyNote
        icon={IconAlertTriangle}
        title={isOld ? t.problem.oldTitle : t.problem.page}
        hint={isOld ? hint : t.problem.crash}
        action={
          <div className={classes.actions}>
            {!isOld && <code>{error.message}</code>}
            {!isOld && (
              <Button variant="default" onClick={reset}>
                {t.common.retry}
              </Button>
            )}
            {!(isOld && missing !== 'gone') && (
              <Button variant={isOld ? 'default' : 'subtle'} onClick={() => window.location.reload()}>
                {t.problem.reload}
              </Button>
            )}
          </div>
        }
      />
    </Plain>
  )
}
