import { DepartNowDialog } from '../../src/features/departure/DepartNowDialog'
import { OutlookView } from '../../src/features/departure/OutlookView'
import { ProofView } from '../../src/features/departure/ProofView'
import { UndoDepartureDialog } from '../../src/features/departure/UndoDepartureDialog'
import { departureRow, me } from '../../src/test/factories'
import type { Story } from './Stage'
import { failed, long, nothing } from './common'

const outlook = {
  personId: '7',
  person: 'Anna Haas',
  accounts: 2,
  needsSecondPerson: false,
  askedBy: null,
  canDepart: true,
  obstacle: null,
  rows: [departureRow({ outcome: 'OPEN' }), departureRow({ outcome: 'OPEN', name: long, isManual: true })],
}

const proof = {
  personId: '7',
  person: 'Anna Haas',
  state: 'DEPARTED' as const,
  at: '2026-03-10T08:00:00Z',
  actor: 'boss',
  askedBy: null,
  reason: 'Found to have sold customer lists.',
  complete: false,
  completedAt: null,
  digest: '775667f3d1bca573d1f0eafebe61d59a2bcc022b0598ec324c3dee65932033ac',
  fromPosition: '4974',
  toPosition: '4983',
  rows: [
    departureRow(),
    departureRow({ outcome: 'EXECUTED', verifiedAt: null, type: 'Mailbox', name: 'anna.haas@northwind.example' }),
    departureRow({ outcome: 'SENT', isManual: true, executedAt: null, verifiedAt: null, name: long }),
    departureRow({ outcome: 'FAILED', executedAt: null, verifiedAt: null, why: failed.message }),
    departureRow({ outcome: 'STAYS', action: null, orderId: null, executedAt: null, verifiedAt: null, why: long }),
    departureRow({ outcome: 'TO_LOOK_AT', action: null, orderId: null, executedAt: null, verifiedAt: null }),
    departureRow({ outcome: 'OPEN', executedAt: null, verifiedAt: null }),
    departureRow({ kind: 'KEY', system: null, type: null, name: 'build', outcome: 'ENDED', action: null, by: 'boss' }),
  ],
}

const drawn = (draw: Story['draw']): Story => ({ at: '/person/7', who: me(), draw })

export const departureStories: Record<string, Story> = {
  'departure, ahead': drawn(() => <OutlookView outlook={outlook} onDone={nothing} />),
  'departure, ahead, nothing there': drawn(() => (
    <OutlookView outlook={{ ...outlook, accounts: 0, rows: [] }} onDone={nothing} />
  )),
  'departure, ahead, in the way': drawn(() => (
    <OutlookView
      outlook={{ ...outlook, canDepart: false, obstacle: 'You cannot make yourself leave. Ask somebody else.' }}
      onDone={nothing}
    />
  )),
  'departure, second person': drawn(() => (
    <OutlookView outlook={{ ...outlook, needsSecondPerson: true, askedBy: 'rita' }} onDone={nothing} />
  )),
  'departure, confirmed': drawn(() => (
    <DepartNowDialog outlook={{ ...outlook, needsSecondPerson: true }} onDone={nothing} onClose={nothing} />
  )),
  'departure, under way': drawn(() => <ProofView proof={proof} onDone={nothing} />),
  'departure, complete': drawn(() => (
    <ProofView
      proof={{ ...proof, complete: true, completedAt: '2026-03-10T08:00:04Z', askedBy: 'rita', rows: [departureRow()] }}
      onDone={nothing}
    />
  )),
  'departure, returned': drawn(() => (
    <ProofView proof={{ ...proof, state: 'RETURNED', complete: true, rows: [], digest: '' }} onDone={nothing} />
  )),
  'departure, back': drawn(() => (
    <UndoDepartureDialog personId="7" person="Anna Haas" onDone={nothing} onClose={nothing} />
  )),
}
