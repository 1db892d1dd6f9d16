import { HeldDrawer } from '../../src/features/desk/HeldDrawer'
import { heldRow, me } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing, page } from './common'

const person = { id: 'person-1', entityType: 'Directory_User', key: 'E1', displayName: 'Petra Lang' }
const who = me({
  resource: person,
  permissions: ['/Custom/Workflows/ModifyPermissions_Directory_User/Request/ActionPending', '/ProvisioningPolicy'],
})

const held = (row: ReturnType<typeof heldRow> | null, fetching = false): Story => ({
  at: '/my-access',
  who,
  draw: () => <HeldDrawer held={row} fetching={fetching} onClose={nothing} />,
  answers: { MayAskFor: { requestTargets: page([person]) } },
})

export const deskStories: Record<string, Story> = {
  'access, to give back': held(heldRow()),
  'access, through a rule': held(
    heldRow({
      because: 'RULE',
      why: 'Given to everybody in the company.',
      giveBack: 'DENY',
      requestItemId: null,
      requestNumber: null,
      until: null,
    }),
  ),
  'access, on its way, long': held(
    heldRow({
      name: long,
      description: `${long} ${long}`,
      state: 'ON_THE_WAY',
      why: `${long} asked for it; ${long} approved it on 2 March 2026.`,
      parameters: [{ dimension: 'Department', value: long }],
      accounts: [
        { resourceType: 'A', name: long, login: `${long}@${long}.example`.replaceAll(' ', ''), state: 'ON_THE_WAY' },
        { resourceType: 'B', name: 'Badge card', login: null, state: 'TROUBLE' },
      ],
    }),
  ),
  'access, waits': held(heldRow({ state: 'WAITS', asked: 'ADD', giveBack: null, accounts: [] })),
  'access, ended': held(heldRow({ state: 'ENDED', giveBack: null, accounts: [] })),
  'access, not in the list': held(null),
  'access, loading': held(null, true),
}
