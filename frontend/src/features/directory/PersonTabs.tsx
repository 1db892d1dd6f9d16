import { Link } from '@tanstack/react-router'
import { mayDepart } from '../../graphql/may'
import { useCan, useMe } from '../../graphql/SessionContext'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Tabs } from '../../ui/Tabs'
import type { PersonRowFragment } from './PersonListPage.generated'

/** What there is to see of a person, as far as one may. */
export function PersonTabs({ person }: { person: PersonRowFragment }) {
  const { can } = useCan()
  const me = useMe()
  const params = { id: person.id }
  return (
    <Tabs label={person.displayName}>
      {can(permissions.assignments) && (
        <Link to="/person/$id" params={params} activeOptions={{ exact: true, includeSearch: false }}>
          {t.person.permissions}
        </Link>
      )}
      {can(permissions.assignments) && (
        <Link to="/person/$id/why" params={params} activeOptions={{ includeSearch: false }}>
          {t.why.tab}
        </Link>
      )}
      <Link to="/person/$id/orders" params={params} activeOptions={{ includeSearch: false }}>
        {t.person.orders}
      </Link>
      <Link to="/person/$id/properties" params={params}>
        {t.person.properties}
      </Link>
      <Link to="/person/$id/contexts" params={params}>
        {t.person.contexts}
      </Link>
      {mayDepart(me, person.entityType) && (
        <Link to="/person/$id/departure" params={params}>
          {t.departure.tab}
        </Link>
      )}
      <Link to="/person/$id/history" params={params}>
        {t.person.history}
      </Link>
    </Tabs>
  )
}
