import { Link, Outlet } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'

/** Profiles, their rules, and who has them; read only. */
export function AccessPage() {
  return (
    <Page
      title={t.access.title}
      hint={t.access.hint}
      nav={
        <Tabs label={t.access.title}>
          <Link to="/access" activeOptions={{ exact: true, includeSearch: false }}>
            {t.access.assigned}
          </Link>
          <Link to="/access/profiles">{t.access.profiles}</Link>
          <Link to="/access/rules" activeOptions={{ includeSearch: false }}>
            {t.access.rules}
          </Link>
        </Tabs>
      }
    >
      <Outlet />
    </Page>
  )
}
