import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ReplayWebhookDocument } from './ReplayFrom.generated'

/** Delivers again everything that came after a message. */
export function ReplayFrom(props: { webhook: string; cursor: string; onDone: () => void }) {
  const [asking, setAsking] = useState(false)
  const [{ fetching }, replay] = useMutation(ReplayWebhookDocument)
  const send = async () => {
    const { error } = await replay({ input: { id: props.webhook, after: props.cursor } })
    setAsking(false)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(t.webhook.replayed)
    props.onDone()
  }
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t.webhook.replayFrom}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t.webhook.replayFromTitle}
          text={t.webhook.replayFromText}
          action={t.webhook.replay.replace('…', '')}
          busy={fetching}
          onConfirm={() => void send()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
