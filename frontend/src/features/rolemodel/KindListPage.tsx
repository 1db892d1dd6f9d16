import { getRouteApi, Link } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs'
import { addressOf } from './addressOf'
import { KindList } from './KindList'
import { kindOf } from './shape'
import { kindShapes } from './shapes.generated'

const route = getRouteApi('/shell/model/objects/$kind')

/** The kinds that have no page of their own. */
const listed = kindShapes.filter((kind) => addressOf(kind, '').to === '/model/objects/$kind')

/** The objects of a kind that has no page of its own. */
export function KindListPage() {
  const { kind: name } = route.useParams()
  const kind = kindOf(name)
  return (
    <Page
      title={t.edit.objects}
      hint={t.edit.objectsHint}
      nav={
        <Tabs label={t.edit.objects}>
          {listed.map((k) => (
            <Link key={k.name} to="/model/objects/$kind" params={{ kind: k.name }}>
              {k.title}
            </Link>
          ))}
        </Tabs>
      }
    >
      {kind && listed.includes(kind) ? (
        <KindList key={name} kind={kind} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      )}
    </Page>
  )
}
