import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../../lib/texts'
import { Page } from '../../ui/Page'
import { ApiKeyTable } from './ApiKeyTable'
import { NewKeyDrawer } from './NewKeyDrawer'

const mine = { mine: true }

/** The tokens of one's own account. */
export function TokensPage() {
  const [adding, setAdding] = useState(false)
  const [version, setVersion] = useState(0)
  return (
    <Page
      title={t.apiKey.mine}
      hint={t.apiKey.mineHint}
      actions={
        <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
          {t.apiKey.newToken}
        </Button>
      }
    >
      <ApiKeyTable
        key={version}
        label={t.apiKey.mine}
        name="tokens"
        filter={mine}
        ownerless
        mayRevoke
        empty={{ title: t.apiKey.emptyMine, hint: t.apiKey.emptyMineHint }}
      />
      {adding && (
        <NewKeyDrawer
          onClose={() => {
            setAdding(false)
            setVersion(version + 1)
          }}
        />
      )}
    </Page>
  )
}
