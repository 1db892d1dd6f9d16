import { useBulkUnderWay } from '../../graphql/useBulkUnderWay'
import { BulkUnderWay } from '../../ui/BulkUnderWay'
import { Link, Outlet } from '@tanstack/react-router'
import { mayReconcileResources, mayReconcileRoles, mayReviewRoles } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import type { BulkKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'

const reconciling: BulkKind[] = ['RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'RESET_RECOGNITION']

/** What systems hold that nobody asked for, and the decisions about it (role-model 13.1 to 13.3). */
export function ReconcilePage() {
  const me = useMe()
  const underWay = useBulkUnderWay(reconciling)
  return (
    <Page
      title={t.reconcile.title}
      hint={t.reconcile.hint}
      nav={
        <>
          <Tabs label={t.reconcile.title}>
            {mayReconcileResources(me) && (
              <Link to="/reconcile/resources" activeOptions={{ includeSearch: false }}>
                {t.reconcile.differences}
              </Link>
            )}
            {mayReconcileRoles(me) && (
              <Link to="/reconcile/roles" activeOptions={{ includeSearch: false }}>
                {t.reconcile.roles}
              </Link>
            )}
            {mayReconcileResources(me) && (
              <Link to="/reconcile/orphans" activeOptions={{ includeSearch: false }}>
                {t.reconcile.orphans}
              </Link>
            )}
            {mayReconcileResources(me) && (
              <Link to="/reconcile/recognition" activeOptions={{ includeSearch: false }}>
                {t.recognition.tab}
              </Link>
            )}
            {mayReviewRoles(me) && (
              <Link to="/reconcile/prolonged" activeOptions={{ includeSearch: false }}>
                {t.reconcile.prolonged.tab}
              </Link>
            )}
            {mayReconcileResources(me) && <Link to="/reconcile/figures">{t.reconcile.figures.tab}</Link>}
          </Tabs>
          <BulkUnderWay {...underWay} />
        </>
      }
    >
      <Outlet />
    </Page>
  )
}
