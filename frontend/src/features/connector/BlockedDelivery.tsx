import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { blockedLimits } from '../../lib/blockedLimits'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { LimitTable } from '../../ui/LimitTable'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import { DropDeliveryDocument, ResumeDeliveryDocument, type DeliveryRowFragment } from './BlockedDelivery.generated'
import classes from './ConnectorPage.module.css'

/** A synchronization that a limit holds: which limit, and the two ways out. Those of a run are decided on the page of the run. */
export function BlockedDelivery(props: { delivery: DeliveryRowFragment; system: string; onDecided: () => void }) {
  const { delivery, system } = props
  const { can } = useCan()
  const [resuming, resume] = useMutation(ResumeDeliveryDocument)
  const [dropping, drop] = useMutation(DropDeliveryDocument)
  const [asking, setAsking] = useState<'resume' | 'giveUp' | null>(null)
  const [reason, setReason] = useDraft(`delivery.${delivery.id}`)
  const limits = blockedLimits(delivery.blocked)
  const mayDecide = can(permissions.connectorsUpdate) || can(permissions.jobsUpdate)

  const send = async (why: string) => {
    const { error } = await (asking === 'resume' ? resume : drop)({ input: { id: delivery.id, reason: why } })
    setAsking(null)
    if (error) {
      notifyProblem(toProblem(error))
    } else {
      setReason('')
      notifyDone(asking === 'resume' ? t.system.resumed : t.job.givenUp)
    }
    props.onDecided()
  }
  return (
    <div className={classes.decide}>
      <LimitTable limits={limits} />
      {delivery.isOfJob ? (
        <p className="dim">{t.system.decideInRun}</p>
      ) : (
        mayDecide && (
          <div className={classes.buttons}>
            <Button onClick={() => setAsking('resume')}>{t.job.resume}…</Button>
            <Button variant="default" onClick={() => setAsking('giveUp')}>
              {t.job.giveUp}…
            </Button>
          </div>
        )
      )}
      {asking && (
        <ConfirmDialog
          title={asking === 'resume' ? t.system.resumeTitle(system) : t.system.giveUpTitle(system)}
          text={
            <>
              <p>{asking === 'resume' ? t.system.resumeText : t.system.giveUpText}</p>
              <p>
                <strong>{t.job.amounts(limits.map((limit) => `${limit.name} ${limit.counted}`))}</strong>
              </p>
            </>
          }
          action={asking === 'resume' ? t.job.resume : t.job.giveUp}
          danger
          busy={resuming.fetching || dropping.fetching}
          reason={{
            label: asking === 'resume' ? t.job.resumeReason : t.job.giveUpReason,
            required: asking === 'resume',
            value: reason,
            onChange: setReason,
          }}
          onConfirm={(why) => void send(why)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}
