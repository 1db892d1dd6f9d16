import { Outlet } from '@tanstack/react-router'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { LiveContext } from '../../graphql/live'
import { me, requestItem, requestStep } from '../../test/factories'
import { fakeClient, renderAt, ToldLive } from '../../test/render'
import { QueueContext } from '../../ui/queue'
import { ApprovalDrawer } from './ApprovalDrawer'
import type { RequestDetailFragment } from './request.generated'

function setup(items: RequestDetailFragment[], error: { code: string; message: string } | null = null) {
  const { client, sent } = fakeClient({
    RequestItemDetail: ({ id }: { id: string }) => ({ requestItem: items.find((i) => i.id === id) ?? null }),
    AskRequestInformation: ({ input }: { input: { stepIds: string[] } }) => ({
      askRequestInformation: { results: input.stepIds.map((id) => ({ id, item: null, error })) },
    }),
    FindResources: () => ({
      resources: {
        nodes: [{ id: '5', key: 'nico', displayName: 'Nico Night' }],
        totalCount: 1,
        totalCountIsEstimate: false,
      },
    }),
    DelegateRequestSteps: ({ input }: { input: { stepIds: string[] } }) => ({
      delegateRequestSteps: { results: input.stepIds.map((id) => ({ id, item: null, error })) },
    }),
    ReassignRequestSteps: ({ input }: { input: { stepIds: string[] } }) => ({
      reassignRequestSteps: { results: input.stepIds.map((id) => ({ id, item: null, error })) },
    }),
    SetRequestStepsDue: ({ input }: { input: { stepIds: string[] } }) => ({
      setRequestStepsDue: { results: input.stepIds.map((id) => ({ id, item: null, error })) },
    }),
    RecallRequestSteps: ({ input }: { input: { stepIds: string[] } }) => ({
      recallRequestSteps: { results: input.stepIds.map((id) => ({ id, item: null, error })) },
    }),
    AnswerRequestInformation: ({ input }: { input: { stepId: string } }) => ({
      answerRequestInformation: { results: [{ id: input.stepId, item: null, error }] },
    }),
    ReviewRequestItems: ({ input }: { input: { steps: { stepId: string }[] } }) => ({
      reviewRequestItems: { results: input.steps.map(({ stepId }) => ({ id: stepId, item: null, error })) },
    }),
  })
  const onDecided = vi.fn()
  const live = new ToldLive()
  renderAt({
    at: `/approvals/${items[0]?.id ?? '1'}`,
    who: me(),
    parent: () => (
      <LiveContext value={live}>
        <QueueContext value={{ ids: items.map((i) => i.id), onDecided }}>
          <Outlet />
        </QueueContext>
      </LiveContext>
    ),
    path: '$itemId',
    child: ApprovalDrawer,
    client,
  })
  return { sent, onDecided, live, user: userEvent.setup() }
}

test('an item is approved with a and its comment, and the next one opens', async () => {
  const first = requestItem({ id: '1' })
  const next = requestItem({ id: '2', objectName: 'Ledger' })
  const { sent, onDecided, user } = setup([first, next])
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  screen.getByText('Closing of the quarter.')
  await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'as agreed')
  await user.keyboard('{Escape}a')
  await screen.findByRole('dialog', { name: 'Approve Payment entry for Petra Lang?' })
  expect(screen.getByLabelText(/Why\?/)).toHaveValue('as agreed')
  await user.click(screen.getByRole('button', { name: 'Approve' }))
  await waitFor(() => expect(onDecided).toHaveBeenCalledWith('1'))
  expect(sent.map((s) => s.variables.input)).toEqual([
    { steps: [{ stepId: first.stepId, version: 4, decision: 'APPROVE', comment: 'as agreed' }] },
  ])
  await screen.findByRole('dialog', { name: 'Ledger · Petra Lang' })
})

test('declining asks for a reason where the role wants one', async () => {
  const { sent, user } = setup([requestItem({ id: '1' })])
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  await user.keyboard('d')
  await screen.findByRole('dialog', { name: 'Decline Payment entry for Petra Lang?' })
  expect(screen.getByRole('button', { name: 'Decline' })).toBeDisabled()
  await user.type(screen.getByLabelText(/Why\?/), 'not his work')
  await user.click(screen.getByRole('button', { name: 'Decline' }))
  await waitFor(() => expect(sent).toHaveLength(1))
})

test('no comment is asked for where the role takes none', async () => {
  const { user } = setup([requestItem({ id: '1', commentOnApprove: 'DISABLED', commentOnDecline: 'DISABLED' })])
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  expect(screen.queryByRole('textbox')).toBeNull()
  await user.keyboard('a')
  await screen.findByRole('dialog', { name: 'Approve Payment entry for Petra Lang?' })
  expect(screen.queryByRole('textbox')).toBeNull()
})

test('what changed meanwhile is refused with why, and stays', async () => {
  const { onDecided, user } = setup([requestItem({ id: '1' })], {
    code: 'STALE_ITEM',
    message: 'This changed since you looked at it. Look again, then decide.',
  })
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  await user.keyboard('a')
  await user.click(await screen.findByRole('button', { name: 'Approve' }))
  expect(await screen.findAllByText(/changed since you looked at it/)).not.toHaveLength(0)
  expect(onDecided).not.toHaveBeenCalled()
})

test('on one’s own item it says who decides instead, and no key decides', async () => {
  const { sent, user } = setup([requestItem({ id: '1', isOwn: true, canDecide: false })])
  await screen.findByText(/You cannot decide on your own request\. Now: Rita Reviewer, Rolf Officer\./)
  expect(screen.queryByRole('button', { name: /Approve/ })).toBeNull()
  await user.keyboard('a')
  expect(sent).toEqual([])
})

test('each level is told with who decided, and what is skipped with why', async () => {
  setup([
    requestItem({
      id: '1',
      level: 3,
      levels: 3,
      risks: [{ id: '9', displayName: 'Payments', remediation: 'Keep one.', level: 80 }],
      steps: [
        requestStep({ level: 1, state: 'SKIPPED', skipReason: 'implicit', candidates: [] }),
        requestStep({ level: 2, state: 'APPROVED', decider: 'Mara Manager', comment: 'fine', candidates: [] }),
        requestStep({ level: 3 }),
      ],
    }),
  ])
  await screen.findByText('Approval 3 of 3')
  screen.getByText('not asked: who asks could approve it')
  screen.getByText('by Mara Manager')
  screen.getByText('fine')
  screen.getByText('Payments')
  const current = screen.getByRole('list', { name: 'Way of the request' }).querySelectorAll('[aria-current=step]')
  expect([...current].map((li) => li.textContent)).toEqual([expect.stringContaining('Approval 3')])
})

test('what is not there says so', async () => {
  setup([])
  await screen.findByText('This request is not there')
})

test('something is asked with i before it is decided, of whom it is about', async () => {
  const first = requestItem({ id: '1', canAsk: true })
  const { sent, user } = setup([first])
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  await user.keyboard('i')
  await screen.findByRole('dialog', { name: 'Ask before deciding on Payment entry for Petra Lang' })
  await user.selectOptions(screen.getByLabelText('Whom'), 'Petra Lang, whom it is about')
  expect(screen.getByRole('button', { name: 'Ask' })).toBeDisabled()
  await user.type(screen.getByLabelText(/What do you want to know/), 'What for?')
  await user.click(screen.getByRole('button', { name: 'Ask' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.variables.input).toEqual({
    stepIds: [first.stepId],
    addresseeId: first.owner.id,
    question: 'What for?',
  })
})

test('who is asked answers beside the question, and a late approval says so', async () => {
  const question = {
    id: '7',
    stepId: 's7',
    kind: 'QUESTION' as const,
    authorName: 'Rita Reviewer',
    addresseeName: 'Erik Employee',
    text: 'What for?',
    at: '2026-03-01T08:00:00Z',
    isOpen: true,
  }
  const { sent, user } = setup([
    requestItem({
      id: '1',
      canDecide: false,
      canAnswer: true,
      comments: [question],
      steps: [requestStep({ state: 'INFO_REQUESTED', isLate: true, escalation: 1 })],
    }),
  ])
  await screen.findByText('What for?')
  screen.getByText('Late')
  screen.getByText(/Others were asked besides/)
  expect(screen.getByRole('button', { name: 'Answer' })).toBeDisabled()
  await user.type(screen.getByLabelText('Your answer'), 'The quarter.')
  await user.click(screen.getByRole('button', { name: 'Answer' }))
  await waitFor(() => expect(sent.map((s) => s.variables.input)).toEqual([{ stepId: 's7', answer: 'The quarter.' }]))
})

test('a place is handed over with f, to somebody and with a reason', async () => {
  const first = requestItem({ id: '1' })
  const { sent, onDecided, user } = setup([first])
  await screen.findByRole('dialog', { name: 'Payment entry · Petra Lang' })
  await user.keyboard('f')
  await screen.findByRole('dialog', { name: 'Hand the decision on Payment entry for Petra Lang over' })
  await user.type(screen.getByLabelText(/Why/), 'on leave')
  await user.click(screen.getByRole('button', { name: 'Hand over' }))
  expect(sent).toEqual([])
  await user.click(screen.getByRole('combobox', { name: 'To whom' }))
  await user.click(await screen.findByRole('option', { name: /Nico Night/ }))
  await user.click(screen.getByRole('button', { name: 'Hand over' }))
  await waitFor(() => expect(onDecided).toHaveBeenCalledWith('1'))
  expect(sent.map((s) => s.variables.input)).toEqual([{ stepIds: [first.stepId], toPersonId: '5', reason: 'on leave' }])
})

test('what was handed over is told with why, and taken back', async () => {
  const handed = [{ name: 'Nico Night', byName: 'Rita Reviewer', reason: 'on leave', since: '2026-03-01T08:00:00Z' }]
  const first = requestItem({ id: '1', canDecide: false, canRecall: true, steps: [requestStep({ handed })] })
  const { sent, user } = setup([first])
  await screen.findByText(/Rita Reviewer handed his place to Nico Night: on leave/)
  expect(screen.queryByRole('button', { name: /^Hand over/ })).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Take back what you handed over' }))
  await waitFor(() => expect(sent.map((s) => s.variables.input)).toEqual([{ stepIds: [first.stepId] }]))
})

test('the place of the one for whom somebody acts is not given on', async () => {
  const { user } = setup([
    requestItem({
      id: '1',
      canDelegate: false,
      decideFor: [{ id: '3', username: 'reviewer', name: 'Rita Reviewer' }],
    }),
  ])
  await screen.findByRole('button', { name: /Approve/ })
  expect(screen.queryByRole('button', { name: /^Hand over/ })).toBeNull()
  await user.keyboard('f')
  expect(screen.getAllByRole('dialog')).toHaveLength(1)
})

test('an approval may be for a shorter time, and what was narrowed before is told', async () => {
  const first = requestItem({
    id: '1',
    level: 2,
    levels: 2,
    endDate: '2099-06-30T22:00:00Z',
    steps: [
      requestStep({
        level: 1,
        state: 'APPROVED',
        decider: 'Mara Manager',
        candidates: [],
        changedDates: { startBefore: null, start: null, endBefore: null, end: '2099-06-30T22:00:00Z' },
      }),
      requestStep({ level: 2 }),
    ],
  })
  const { sent, onDecided, user } = setup([first])
  await screen.findByText(/by Mara Manager, Ends .*2099 instead of /)
  await user.keyboard('a')
  await screen.findByRole('dialog', { name: /^Approve Payment entry/ })
  const until = screen.getByLabelText('Until, inclusive, at the latest')
  await user.type(until, '2099-03-31')
  await user.click(screen.getByRole('button', { name: 'Approve' }))
  await waitFor(() => expect(onDecided).toHaveBeenCalledWith('1'))
  const { steps } = sent[0]!.variables.input as { steps: { startDate?: string; endDate: string }[] }
  const [step] = steps
  expect(step!.startDate).toBeUndefined()
  expect(new Date(step!.endDate)).toEqual(new Date(2099, 3, 1))
})

test('whoever supervises says who decides what nobody can, and until when', async () => {
  const first = requestItem({ id: '1', canDecide: false, canReassign: true, isStuck: true })
  const { sent, user } = setup([first])
  await user.click(await screen.findByRole('button', { name: 'Assign…' }))
  await screen.findByRole('dialog', { name: 'Say who decides on Payment entry for Petra Lang' })
  await user.type(screen.getByLabelText(/Why/), 'nobody else is there')
  await user.click(screen.getByRole('combobox', { name: 'Who decides' }))
  await user.click(await screen.findByRole('option', { name: /Nico Night/ }))
  await user.click(screen.getByRole('button', { name: 'Assign' }))
  await waitFor(() => expect(sent).toHaveLength(1))
  await user.click(screen.getByRole('button', { name: 'Set due day…' }))
  await user.clear(screen.getByLabelText('Due, the last day'))
  await user.type(screen.getByLabelText('Due, the last day'), '2099-03-31')
  await user.click(screen.getByRole('button', { name: 'Set due day' }))
  await waitFor(() => expect(sent).toHaveLength(2))
  expect(sent.map((s) => s.variables.input)).toEqual([
    { stepIds: [first.stepId], toPersonIds: ['5'], reason: 'nobody else is there' },
    { stepIds: [first.stepId], dueAt: new Date(2099, 3, 1).toISOString(), reason: undefined },
  ])
})
