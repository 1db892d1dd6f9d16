import { ManualDrawer } from '../../src/features/order/ManualDrawer'
import { OrderBody } from '../../src/features/order/OrderBody'
import { ReviewDrawer } from '../../src/features/order/ReviewDrawer'
import { me, order, orderLine } from '../../src/test/factories'
import type { Story } from './Stage'
import { failed, long, nothing } from './common'

const review = (change: Parameters<typeof order>[0]): Story => ({
  draw: () => <ReviewDrawer />,
  answers: { OrderDetail: { order: order({ id: 'order-1', ...change }) } },
})

const ticket = (change: Parameters<typeof order>[0], who = me({ username: 'otto' })): Story => ({
  at: '/manual/order-1',
  who,
  draw: () => <ManualDrawer />,
  answers: { OrderDetail: { order: order({ id: 'order-1', state: 'TRANSMITTED', isManual: true, ...change }) } },
})

type Move = ReturnType<typeof order>['history'][number]

const move = (id: string, action: Move['action'], to: Move['to']): Move => ({
  id,
  at: '2026-03-01T09:01:00Z',
  actor: action === 'DECLINE' ? 'rita' : 'fulfil',
  actorName: action === 'DECLINE' ? 'Rita Reviewer' : null,
  lineId: null,
  from: null,
  to,
  action,
  comment: action === 'DECLINE' ? 'Not his work any more' : '',
})

const body = (change: Parameters<typeof order>[0], attempts: number): Story => ({
  draw: () => (
    <OrderBody
      wide
      onChanged={nothing}
      order={{
        ...order(change),
        payload: attempts ? { OrderId: '1', Changes: { FullName: long } } : null,
        attempts: Array.from({ length: attempts }, (_, at) => ({
          attempt: at + 1,
          startedAt: '2026-03-01T09:01:00Z',
          endedAt: '2026-03-01T09:01:02Z',
          worker: 'host-1-a',
          outcome: at + 1 < attempts ? 'UNREACHABLE' : 'DONE',
          message: at + 1 < attempts ? 'The system does not answer.' : '',
          idempotencyKey: '211550d0-cb1f-416c-ba35-601efa3ac9df',
          payload: null,
        })),
      }}
    />
  ),
})

export const orderStories: Record<string, Story> = {
  'review, waiting': review({}),
  'review, changed and long': review({
    kind: 'UPDATE',
    lines: [
      orderLine({ isChanged: true, currentValue: 'Petra Lang', proposedValue: long, confidence: 80 }),
      orderLine({
        property: 'groups',
        propertyDisplayName: 'Groups',
        action: 'REMOVE',
        currentValue: 'Old news',
        proposedValue: null,
      }),
    ],
  }),
  'review, deletion': review({
    kind: 'DELETE',
    lines: [orderLine({ property: null, propertyDisplayName: 'Account', proposedValue: null })],
  }),
  'review, errored': review({ state: 'ERRORED', error: failed, attempt: 2, lines: [orderLine({ state: 'ERRORED' })] }),
  'review, about oneself': review({ isOwn: true }),
  'review, decided': review({
    state: 'INACTIVE',
    lines: [orderLine({ state: 'INACTIVE' })],
    history: [move('1', 'DECLINE', 'INACTIVE')],
  }),
  'review, not there': { draw: () => <ReviewDrawer />, answers: { OrderDetail: { order: null } } },
  'review, loading': { draw: () => <ReviewDrawer /> },
  'ticket, to create': ticket({}),
  'ticket, to change, taken': ticket({
    kind: 'UPDATE',
    assignee: 'otto',
    target: { id: 't', entityType: 'Badge', key: 'B-1', displayName: 'B-1', values: [] },
    lines: [orderLine({ state: 'TRANSMITTED', currentValue: 'Lisbon', proposedValue: '' })],
  }),
  'ticket, to delete': ticket({
    kind: 'DELETE',
    target: {
      id: 't',
      entityType: 'Badge',
      key: 'B-1',
      displayName: 'B-1',
      values: [{ property: 'Holder', displayName: 'Holder name', value: long }],
    },
    lines: [orderLine({ state: 'TRANSMITTED' })],
  }),
  'order, verified': body(
    { state: 'VERIFIED', history: [move('1', 'EXECUTE', 'EXECUTED'), move('2', 'GENERATE', 'PENDING')] },
    2,
  ),
  'order, not sent': body(
    { state: 'PENDING', waits: 'OUTAGE', lines: [orderLine({ state: 'PENDING', waits: 'OUTAGE' })] },
    0,
  ),
}
