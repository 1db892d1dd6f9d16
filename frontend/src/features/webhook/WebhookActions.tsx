import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { SecretOnce } from '../../ui/SecretOnce'
import { ReplayWebhookDocument } from './ReplayFrom.generated'
import {
  DeleteWebhookDocument,
  DisableWebhookDocument,
  EnableWebhookDocument,
  RotateWebhookSecretDocument,
} from './WebhookActions.generated'
import type { WebhookRowFragment } from './WebhookListPage.generated'

/** What can be done with an endpoint. */
export function WebhookActions({ webhook, onChanged }: { webhook: WebhookRowFragment; onChanged: () => void }) {
  const navigate = useNavigate()
  const [rotating, rotate] = useMutation(RotateWebhookSecretDocument)
  const [replaying, replay] = useMutation(ReplayWebhookDocument)
  const [enabling, enable] = useMutation(EnableWebhookDocument)
  const [disabling, disable] = useMutation(DisableWebhookDocument)
  const [deleting, remove] = useMutation(DeleteWebhookDocument)
  const [asking, setAsking] = useState<'rotate' | 'replay' | 'disable' | 'delete' | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const input = { id: webhook.id }
  const busy = rotating.fetching || replaying.fetching || enabling.fetching || disabling.fetching || deleting.fetching

  const done = (error: Parameters<typeof toProblem>[0] | undefined, message: string, then?: () => void) => {
    setAsking(null)
    if (error) {
      notifyProblem(toProblem(error))
      return
    }
    notifyDone(message)
    then?.()
    onChanged()
  }
  const confirm = async (after: string) => {
    if (asking === 'rotate') {
      const { data, error } = await rotate({ input })
      setAsking(null)
      if (error) notifyProblem(toProblem(error))
      if (data) setSecret(data.rotateWebhookSecret.secret)
    } else if (asking === 'replay') {
      const { error } = await replay({ input: { id: webhook.id, after } })
      done(error, t.webhook.replayed)
    } else if (asking === 'disable') {
      const { error } = await disable({ input })
      done(error, t.webhook.disabled)
    } else if (asking === 'delete') {
      const { error } = await remove({ input })
      setAsking(null)
      if (error) {
        notifyProblem(toProblem(error))
        return
      }
      notifyDone(t.webhook.deleted)
      void navigate({ to: '/webhooks' })
    }
  }
  const words = {
    rotate: [t.webhook.rotateTitle, t.webhook.rotateText, t.webhook.rotate],
    replay: [t.webhook.replayTitle, t.webhook.replayText, t.webhook.replay],
    disable: [t.webhook.disableTitle, t.webhook.disableText, t.webhook.disable],
    delete: [t.webhook.deleteTitle, t.webhook.deleteText, t.webhook.delete],
  } as const
  const [title = '', text = '', action = ''] = asking ? words[asking] : []
  return (
    <>
      {webhook.isOwn ? (
        <>
          <Button variant="default" onClick={() => setAsking('replay')}>
            {t.webhook.replay}
          </Button>
          <Button variant="default" onClick={() => setAsking('rotate')}>
            {t.webhook.rotate}
          </Button>
        </>
      ) : (
        <span className="dim">{t.webhook.notYours(webhook.owner)}</span>
      )}
      {webhook.isDisabled ? (
        <Button
          loading={busy}
          disabled={!webhook.isOwn}
          onClick={() => void enable({ input }).then(({ error }) => done(error, t.webhook.enabled))}
        >
          {t.webhook.enable}
        </Button>
      ) : (
        <Button variant="default" onClick={() => setAsking('disable')}>
          {t.webhook.disable}
        </Button>
      )}
      {webhook.isOwn && (
        <Button variant="default" onClick={() => setAsking('delete')}>
          {t.webhook.delete}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          title={title}
          text={text}
          action={action.replace('…', '')}
          danger={asking === 'delete' || asking === 'disable'}
          busy={busy}
          reason={asking === 'replay' ? { label: t.webhook.replayAfter, required: true, max: 200 } : undefined}
          onConfirm={(value) => void confirm(value)}
          onClose={() => setAsking(null)}
        />
      )}
      {secret !== null && (
        <SecretOnce
          title={t.webhook.secretTitle}
          text={t.webhook.secretText}
          secret={secret}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  )
}
