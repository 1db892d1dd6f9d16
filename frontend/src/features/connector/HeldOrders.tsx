import { Button } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { useOrderChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { blockedLimits } from '../../lib/blockedLimits'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { LimitTable } from '../../ui/LimitTable'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import { HeldOrdersDocument, ReleaseHeldOrdersDocument } from './HeldOrders.generated'
import classes from './ConnectorPage.module.css'

/** The orders of a system that a limit holds in continuous mode, and how they go on. Draws nothing when there are none. */
export function HeldOrders({ connector }: { connector: { identifier: string; displayName: string } }) {
  const { can } = useCan()
  const [{ data }, read] = useReading({
    query: HeldOrdersDocument,
    variables: { connector: connector.identifier },
    requestPolicy: 'cache-and-network',
  })
  const [releasing, release] = useMutation(ReleaseHeldOrdersDocument)
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useDraft(`held.${connector.identifier}`)
  useOrderChanges(() => read({ requestPolicy: 'network-only' }))
  const held = data?.heldOrders
  if (!held) return null

  const send = async (why: string) => {
    const answer = await release({ input: { connector: connector.identifier, reason: why } })
    setAsking(false)
    if (answer.error) {
      notifyProblem(toProblem(answer.error))
    } else {
      setReason('')
      notifyDone(t.system.released(answer.data?.releaseHeldOrders.released ?? 0))
    }
    read({ requestPolicy: 'network-only' })
  }
  return (
    <section className={classes.blocked} aria-labelledby="held">
      <h2 id="held">
        <IconHandStop size={18} aria-hidden /> {t.system.held(held.count)}
      </h2>
      <p className="dim">{t.system.heldText}</p>
      <LimitTable limits={blockedLimits(held.blocked)} />
      <div className={classes.buttons}>
        {(can(permissions.connectorsUpdate) || can(permissions.jobsUpdate)) && (
          <Button onClick={() => setAsking(true)}>{t.job.resume}…</Button>
        )}
        <Link to="/orders" search={{ systems: [connector.identifier], waits: ['THRESHOLD'] }}>
          {t.system.lookAtOrders}
        </Link>
      </div>
      {asking && (
        <ConfirmDialog
          title={t.system.releaseTitle(held.count, connector.displayName)}
          text={t.system.releaseText}
          action={t.job.resume}
          danger
          busy={releasing.fetching}
          reason={{ label: t.job.resumeReason, required: true, value: reason, onChange: setReason }}
          onConfirm={(why) => void send(why)}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  )
}
