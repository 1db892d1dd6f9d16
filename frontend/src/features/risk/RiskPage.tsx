import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { mayEditModel, maySeeIdentifiedRisks, maySeeModel } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'

/** Dangerous combinations of entitlements, and who has them (role-model 9). */
export function RiskPage() {
  const me = useMe()
  const navigate = useNavigate()
  return (
    <Page
      title={t.risk.title}
      hint={t.risk.hint}
      actions={
        mayEditModel(me) && (
          <Button
            leftSection={<IconPlus size={16} />}
            onClick={() => void navigate({ to: '/model/new/$kind', params: { kind: 'risk' } })}
          >
            {t.risk.add}
          </Button>
        )
      }
      nav={
        <Tabs label={t.risk.title}>
          {maySeeModel(me) && (
            <Link to="/risks" activeOptions={{ exact: true, includeSearch: false }}>
              {t.risk.list}
            </Link>
          )}
          {maySeeModel(me) && (
            <Link to="/risks/matrix" activeOptions={{ includeSearch: false }}>
              {t.risk.matrix}
            </Link>
          )}
          {maySeeIdentifiedRisks(me) && (
            <Link to="/risks/identified" activeOptions={{ includeSearch: false }}>
              {t.risk.identified}
            </Link>
          )}
          {maySeeIdentifiedRisks(me) && (
            <Link to="/risks/blocked" activeOptions={{ includeSearch: false }}>
              {t.risk.blocked}
            </Link>
          )}
          {maySeeIdentifiedRisks(me) && (
            <Link to="/risks/scores" activeOptions={{ includeSearch: false }}>
              {t.risk.scores}
            </Link>
          )}
        </Tabs>
      }
    >
      <Outlet />
    </Page>
  )
}
