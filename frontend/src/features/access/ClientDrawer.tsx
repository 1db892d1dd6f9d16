import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import { useKindName } from '../../graphql/useKindName'
import { formatLastDay } from '../../lib/format'
import { permissionWords } from '../../lib/permissionWords'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { Fields } from '../../ui/Fields'
import type { ApiClientRowFragment } from './apiKeys.generated'
import { ApiKeyTable } from './ApiKeyTable'
import { NewKeyDrawer } from './NewKeyDrawer'
import classes from './Access.module.css'

interface ClientDrawerProps {
  client: ApiClientRowFragment
  mayChange: boolean
  onChanged: () => void
  onClose: () => void
}

/** One client: what it is for, and its secrets. */
export function ClientDrawer({ client, mayChange, onChanged, onClose }: ClientDrawerProps) {
  const kindName = useKindName()
  const [adding, setAdding] = useState(false)
  const [version, setVersion] = useState(0)
  const filter = useMemo(() => ({ username: client.username }), [client.username])
  if (adding)
    return (
      <NewKeyDrawer
        client={client.username}
        onClose={() => {
          setAdding(false)
          setVersion(version + 1)
          onChanged()
        }}
      />
    )
  return (
    <Drawer
      title={client.displayName}
      sub={client.username}
      subject={client.id}
      onClose={onClose}
      footer={
        mayChange && (
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
            {t.apiKey.newSecret}
          </Button>
        )
      }
    >
      <Fields
        rows={[
          [
            t.apiKey.onlyFor,
            <ul key="scopes" className={classes.scopes}>
              {client.scopes.map((scope) => (
                <li key={scope} title={scope}>
                  {scope === '/' ? t.apiKey.everything : permissionWords(scope, kindName)}
                </li>
              ))}
            </ul>,
          ],
          [t.apiKey.until, client.until ? formatLastDay(client.until) : t.apiKey.noEnd],
        ]}
      />
      <h3>{t.apiKey.secrets}</h3>
      <p className="dim">{t.apiKey.rotate}</p>
      <ApiKeyTable
        key={version}
        label={t.apiKey.secrets}
        name="client-secrets"
        filter={filter}
        ownerless
        brief
        mayRevoke={mayChange}
        empty={{ title: t.apiKey.emptySecrets, hint: t.apiKey.emptySecretsHint }}
      />
    </Drawer>
  )
}
