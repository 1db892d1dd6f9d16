import { ClientsTab } from '../../src/features/access/ClientsTab'
import { KeysTab } from '../../src/features/access/KeysTab'
import { NewKeyDrawer } from '../../src/features/access/NewKeyDrawer'
import { TokensPage } from '../../src/features/access/TokensPage'
import { me } from '../../src/test/factories'
import { SecretOnce } from '../../src/ui/SecretOnce'
import type { Story } from './Stage'
import { long } from './common'

const administrator = me({
  permissions: ['/AccessControl/Profile/Query', '/AccessControl/Profile/Update', '/Monitoring'],
})

const key = (more: object) => ({
  id: '1',
  username: 'ada',
  displayName: 'Ada Administrator',
  name: 'Nightly report',
  kind: 'PERSONAL_TOKEN',
  scopes: ['/Monitoring'],
  createdAt: '2026-01-05T09:00:00Z',
  createdBy: 'ada',
  expiresAt: '2099-01-05T09:00:00Z',
  lastUsedAt: null,
  revokedAt: null,
  revokedBy: null,
  state: 'ACTIVE',
  ...more,
})

const page = (nodes: unknown[]) => ({
  nodes,
  pageInfo: { hasNextPage: false, endCursor: null },
  totalCount: nodes.length,
  totalCountIsEstimate: false,
})

const client = (more: object) => ({
  id: '1',
  username: 'ticket-bridge',
  displayName: 'Ticket bridge',
  scopes: ['/Jobs/Job/Query'],
  until: null,
  isDisabled: false,
  secrets: 2,
  secretsUntil: '2099-01-05T09:00:00Z',
  lastUsedAt: '2026-01-06T09:00:00Z',
  ...more,
})

const names = { EntityTypeNames: { entityTypes: [] } }
const keys = [
  key({}),
  key({
    id: '2',
    name: long,
    displayName: long,
    username: 'x'.repeat(90),
    scopes: ['/'],
    lastUsedAt: '2026-01-06T09:00:00Z',
  }),
  key({
    id: '3',
    kind: 'CLIENT_SECRET',
    scopes: ['/Custom/ProvisioningPolicy/ReviewProvisioning/Directory_User', '/Jobs', '/Monitoring'],
    state: 'EXPIRED',
    expiresAt: '2026-01-06T09:00:00Z',
  }),
  key({ id: '4', state: 'REVOKED', revokedAt: '2026-01-06T09:00:00Z', revokedBy: 'ada' }),
]

/** States of what programs come in with. */
export const accessStories: Record<string, Story> = {
  'access/no tokens': {
    at: '/tokens',
    draw: () => <TokensPage />,
    answers: { ...names, ApiKeyList: { apiKeys: page([]) } },
  },
  'access/tokens': {
    at: '/tokens',
    draw: () => <TokensPage />,
    answers: { ...names, ApiKeyList: { apiKeys: page(keys) } },
  },
  'access/all keys': {
    at: '/access/keys',
    who: administrator,
    draw: () => <KeysTab />,
    answers: { ...names, ApiKeyList: { apiKeys: page(keys) } },
  },
  'access/a new token': {
    at: '/tokens',
    who: administrator,
    draw: () => <NewKeyDrawer onClose={() => undefined} />,
    answers: names,
  },
  'access/a new secret': {
    at: '/access/clients',
    who: administrator,
    draw: () => <NewKeyDrawer client="ticket-bridge" onClose={() => undefined} />,
    answers: names,
  },
  'access/a secret, once': {
    draw: () => (
      <SecretOnce
        title="The key"
        text="It is shown only now."
        secret={`writ_pat_${'x'.repeat(64)}`}
        onClose={() => undefined}
      />
    ),
  },
  'access/no clients': {
    at: '/access/clients',
    who: administrator,
    draw: () => <ClientsTab />,
    answers: { ...names, ApiClientList: { apiClients: page([]) } },
  },
  'access/clients': {
    at: '/access/clients',
    who: administrator,
    draw: () => <ClientsTab />,
    answers: {
      ...names,
      ApiClientList: {
        apiClients: page([
          client({}),
          client({
            id: '2',
            username: 'x'.repeat(90),
            displayName: long,
            secrets: 0,
            secretsUntil: null,
            lastUsedAt: null,
          }),
          client({ id: '3', isDisabled: true, scopes: ['/'] }),
          client({ id: '4', until: '2026-01-06T09:00:00Z' }),
        ]),
      },
    },
  },
}
