import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { ProblemNote } from '../../ui/ProblemNote'
import { notifyDone } from '../../ui/notify'
import { SaveApiClientDocument } from './apiKeys.generated'
import { useProfileNames } from './useProfileNames'
import classes from './Access.module.css'

/** Adds a client: an account of a program, with a profile and what it is for. */
export function NewClientDrawer({ onClose }: { onClose: () => void }) {
  const profiles = useProfileNames()
  const [username, setUsername] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [profile, setProfile] = useState<string | null>(null)
  const [scopes, setScopes] = useState('')
  const [until, setUntil] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [{ fetching }, save] = useMutation(SaveApiClientDocument)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { data, error } = await save({
      input: {
        version: '0', // an account that is there stays as it is
        user: {
          username: username.trim(),
          displayName: displayName.trim() || undefined,
          profiles: profile ? [{ profile }] : [],
          client: { scopes: scopes.split(/\s+/).filter(Boolean), until: until || undefined },
        },
      },
    })
    setProblem(error ? toProblem(error) : null)
    if (data) {
      notifyDone(t.apiKey.clientMade)
      onClose()
    }
  }
  return (
    <Drawer
      title={t.apiKey.newClient}
      subject="new"
      onClose={onClose}
      footer={
        <div className={classes.buttons}>
          <Button
            type="submit"
            form="client-form"
            loading={fetching}
            disabled={username.trim() === '' || scopes.trim() === '' || !profile}
          >
            {t.common.add}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && <ProblemNote problem={problem} />}
      <form id="client-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          data-autofocus
          label={t.apiKey.clientId}
          required
          maxLength={100}
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <TextInput
          label={`${t.apiKey.displayName} (${t.common.optional})`}
          maxLength={200}
          value={displayName}
          onChange={(event) => setDisplayName(event.currentTarget.value)}
        />
        <Select label={t.apiKey.profile} required searchable data={profiles} value={profile} onChange={setProfile} />
        <Textarea
          label={t.apiKey.onlyFor}
          description={t.apiKey.onlyForHint}
          required
          autosize
          minRows={3}
          placeholder="/Jobs/Job/Query"
          value={scopes}
          onChange={(event) => setScopes(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label={`${t.apiKey.until} (${t.common.optional})`}
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      </form>
    </Drawer>
  )
}
