import { useContext, useEffect, useState } from 'react'
import { SocketStatusContext } from '../graphql/socketStatus'
import { isNewVersion } from '../lib/freshCode'
import { t } from '../lib/texts'
import classes from './Shell.module.css'

/** After an upgrade: says that there is newer code, and loads it when asked. Looks whenever the connection is back. */
export function NewVersion() {
  const status = useContext(SocketStatusContext)
  const [isNew, setIsNew] = useState(false)
  useEffect(() => {
    return status.onReturn(() => void isNewVersion().then((found) => found && setIsNew(true)))
  }, [status])
  if (!isNew) return null
  return (
    <div className={classes.newVersion} role="status">
      {t.app.newVersion}{' '}
      <button type="button" onClick={() => window.location.reload()}>
        {t.app.loadIt}
      </button>
    </div>
  )
}
