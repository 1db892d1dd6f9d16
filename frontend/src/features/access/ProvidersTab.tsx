import { t } from '../../lib/texts'
import { KindList } from '../rolemodel/KindList'
import { kindShapes } from '../rolemodel/shapes.generated'

const kind = kindShapes.find((k) => k.name === 'identityProvider')

/** The identity providers through which people sign in. */
export function ProvidersTab() {
  return (
    <>
      <p className="dim">{t.access.providersHint(location.origin)}</p>
      {kind && <KindList kind={kind} />}
    </>
  )
}
