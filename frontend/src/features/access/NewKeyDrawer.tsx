import { Button, MultiSelect, Radio, Select, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useMutation } from 'urql'
import { useMe } from '../../graphql/SessionContext'
import { toProblem, type Problem } from '../../graphql/problem'
import { useKindName } from '../../graphql/useKindName'
import { serverNow } from '../../lib/serverClock'
import { permissionWords } from '../../lib/permissionWords'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { ProblemNote } from '../../ui/ProblemNote'
import { SecretOnce } from '../../ui/SecretOnce'
import { CreateClientSecretDocument, CreatePersonalTokenDocument } from './apiKeys.generated'
import classes from './Access.module.css'

const lives = [30, 90, 180, 365]

/** Makes a personal token, or a secret of a client, and shows it once. */
export function NewKeyDrawer({ client, onClose }: { client?: string; onClose: () => void }) {
  const me = useMe()
  const kindName = useKindName()
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [isWhole, setWhole] = useState(false)
  const [scopes, setScopes] = useState<string[]>([])
  const [problem, setProblem] = useState<Problem | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const [token, createToken] = useMutation(CreatePersonalTokenDocument)
  const [ofClient, createSecret] = useMutation(CreateClientSecretDocument)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const expiresAt = new Date(serverNow() + Number(days) * 86_400_000).toISOString()
    if (client !== undefined) {
      const { data, error } = await createSecret({ input: { client, name: name.trim(), expiresAt } })
      setProblem(error ? toProblem(error) : null)
      if (data) setSecret(data.createClientSecret.secret)
      return
    }
    const { data, error } = await createToken({
      input: { name: name.trim(), scopes: isWhole ? ['/'] : scopes, expiresAt },
    })
    setProblem(error ? toProblem(error) : null)
    if (data) setSecret(data.createPersonalToken.secret)
  }
  if (secret !== null)
    return (
      <SecretOnce title={t.apiKey.once} text={t.apiKey.onceText} secret={secret} onClose={onClose}>
        <p className="dim">{client === undefined ? t.apiKey.howToken : t.apiKey.howClient(client)}</p>
      </SecretOnce>
    )
  return (
    <Drawer
      title={client === undefined ? t.apiKey.newToken : t.apiKey.newSecret}
      sub={client}
      subject="new"
      onClose={onClose}
      footer={
        <div className={classes.buttons}>
          <Button
            type="submit"
            form="key-form"
            loading={token.fetching || ofClient.fetching}
            disabled={name.trim() === '' || (client === undefined && !isWhole && scopes.length === 0)}
          >
            {t.apiKey.make}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      }
    >
      {problem && <ProblemNote problem={problem} />}
      <form id="key-form" className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          data-autofocus
          label={t.apiKey.nameLabel}
          required
          maxLength={100}
          value={name}
          error={problem?.field === 'name' ? problem.message : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t.apiKey.lasts}
          allowDeselect={false}
          data={lives.map((n) => ({ value: String(n), label: n === 365 ? t.apiKey.year : t.apiKey.days(n) }))}
          value={days}
          onChange={(value) => setDays(value ?? '90')}
        />
        {client === undefined && (
          <>
            <Radio.Group
              label={t.apiKey.may}
              value={isWhole ? 'whole' : 'part'}
              onChange={(value) => setWhole(value === 'whole')}
            >
              <div className={classes.choices}>
                <Radio value="part" label={t.apiKey.maySome} />
                <Radio value="whole" label={t.apiKey.mayAll} />
              </div>
            </Radio.Group>
            {!isWhole && (
              <MultiSelect
                label={t.apiKey.pick}
                required
                searchable
                data={me.permissions.map((path) => ({ value: path, label: permissionWords(path, kindName) }))}
                value={scopes}
                onChange={setScopes}
              />
            )}
          </>
        )}
        {client !== undefined && <p className="dim">{t.apiKey.rotate}</p>}
      </form>
    </Drawer>
  )
}
