import { Link, Outlet } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'
import { RunsUnderWay } from './RunsUnderWay'

/** What systems hold that nobody asked for, and the decisions about it (role-model 13.2, 13.3). */
export function ReconcilePage() {
  return (
    <Page
      title={t.reconcile.title}
      hint={t.reconcile.hint}
      nav={
        <>
          <Tabs label={t.reconcile.title}>
            <Link to="/reconcile/resources" activeOptions={{ includeSearch: false }}>
              {t.reconcile.differences}
            </Link>
            <Link to="/reconcile/orphans" activeOptions={{ includeSearch: false }}>
              {t.reconcile.orphans}
            </Link>
            <Link to="/reconcile/runs">{t.reconcile.runs}</Link>
          </Tabs>
          <RunsUnderWay />
        </>
      }
    >
      <Outlet />
    </Page>
  )
}
