import { t } from '../../lib/texts'
import classes from './Editor.module.css'
import { KindList } from './KindList'
import { kindOf } from './shape'

const kind = kindOf('identityProvider')

/** The identity providers through which people sign in. */
export function ProvidersTab() {
  return (
    <>
      <p className={`dim ${classes.about}`}>{t.access.providersHint(location.origin)}</p>
      {kind && <KindList kind={kind} />}
    </>
  )
}
