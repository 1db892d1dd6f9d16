import { t } from '../../lib/texts'
import { KindList } from './KindList'
import { kindShapes } from './shapes.generated'

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
