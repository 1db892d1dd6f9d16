import { Button, Checkbox, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { ProvisioningState, WebhookEvent } from '../../graphql/types.generated'
import { provisioningStateList, provisioningStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { ProblemNote } from '../../ui/ProblemNote'
import { SecretOnce } from '../../ui/SecretOnce'
import { CreateWebhookDocument } from './CreateWebhookDrawer.generated'
import classes from './Webhook.module.css'

const eventList = Object.keys(t.webhook.event) as WebhookEvent[]

/** Adds an endpoint and shows its secret once. */
export function CreateWebhookDrawer({ onClose }: { onClose: () => void }) {
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const [events, setEvents] = useState<WebhookEvent[]>(['ORDER_CHANGED'])
  const [states, setStates] = useState<ProvisioningState[]>([])
  const [problem, setProblem] = useState<Problem | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const [{ fetching }, create] = useMutation(CreateWebhookDocument)
  const ofOrders = events.includes('ORDER_CHANGED')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { data, error } = await create({
      input: {
        url: url.trim(),
        description: description.trim() || undefined,
        events,
        filter: ofOrders && states.length ? { states } : undefined,
      },
    })
    setProblem(error ? toProblem(error) : null)
    if (data) setSecret(data.createWebhook.secret)
  }
  if (secret !== null)
    return <SecretOnce title={t.webhook.secretTitle} text={t.webhook.secretText} secret={secret} onClose={onClose} />
  return (
    <Drawer
      title={t.webhook.add}
      subject="new"
      onClose={onClose}
      footer={
        <div className={classes.buttons}>
          <Button type="submit" form="webhook-form" loading={fetching} disabled={!events.length}>
            {t.common.add}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && <ProblemNote problem={problem} />}
      <form id="webhook-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          data-autofocus
          label={t.webhook.url}
          type="url"
          placeholder="https://"
          required
          value={url}
          error={problem?.field === 'url' ? problem.message : undefined}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <TextInput
          label={`${t.webhook.description} (${t.common.optional})`}
          value={description}
          maxLength={400}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <fieldset className={classes.states}>
          <legend>{t.webhook.events}</legend>
          {eventList.map((event) => (
            <Checkbox
              key={event}
              label={t.webhook.event[event]}
              checked={events.includes(event)}
              onChange={(change) =>
                setEvents(change.currentTarget.checked ? [...events, event] : events.filter((e) => e !== event))
              }
            />
          ))}
        </fieldset>
        <fieldset className={classes.states} disabled={!ofOrders}>
          <legend>
            {t.webhook.states} ({t.common.optional})
          </legend>
          {provisioningStateList.map((state) => (
            <Checkbox
              key={state}
              label={provisioningStates[state].word}
              checked={states.includes(state)}
              onChange={(event) =>
                setStates(event.currentTarget.checked ? [...states, state] : states.filter((s) => s !== state))
              }
            />
          ))}
        </fieldset>
      </form>
    </Drawer>
  )
}
