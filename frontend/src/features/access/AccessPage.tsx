import { Link, Outlet } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'

/** Profiles, their rules, who has them, and the programs that come in. */
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
          <Link to="/access/providers">{t.access.providers}</Link>
          <Link to="/access/clients" activeOptions={{ includeSearch: false }}>
            {t.apiKey.clients}
          </Link>
          <Link to="/access/keys" activeOptions={{ includeSearch: false }}>
            {t.apiKey.all}
          </Link>
        </Tabs>
      }
    >
      <Outlet />
    </Page>
  )
}
