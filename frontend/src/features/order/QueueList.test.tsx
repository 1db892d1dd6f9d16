import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { bulkChange, order } from '../../test/factories'
import { fakeClient, renderAt } from '../../test/render'
import { ReviewQueueDocument } from './ReviewPage.generated'
import { reviewColumns } from './orderColumns'
import { reviewVariables } from './orderSearch'
import { reviewActions } from './queueActions'
import { QueueList } from './QueueList'

function Review() {
  return (
    <QueueList
      label="Provisioning review"
      name="review"
      path="/review"
      search={{}}
      document={ReviewQueueDocument}
      variables={reviewVariables({})}
      select={(data) => data.reviewQueue}
      states={['AWAITING_APPROVAL']}
      columns={reviewColumns}
      filters={[]}
      empty={{ title: 'Nothing to review', hint: '' }}
      kind="REVIEW_ORDERS"
      actions={reviewActions}
    />
  )
}

const orders = ['1', '2', '3'].map((id) => ({ ...order({ id }), state: 'AWAITING_APPROVAL' as const }))

function setup() {
  const { client, sent } = fakeClient({
    ReviewQueue: () => ({
      reviewQueue: {
        nodes: orders,
        totalCount: 3,
        totalCountIsEstimate: false,
        pageInfo: { hasNextPage: false, endCursor: null },
      },
    }),
    BulkUnderWay: () => ({ bulkChanges: { nodes: [] } }),
    StartBulkChange: () => ({ startBulkChange: { bulkChange: bulkChange({ id: '17' }) } }),
  })
  renderAt({ at: '/review', parent: Review, path: '$orderId', child: () => null, client })
  return sent
}

test.each([
  ['Approve', 'Approve', 'APPROVE'],
  ['Decline…', 'Decline', 'DECLINE'],
  ['Postpone', 'Postpone', 'POSTPONE'],
])('%s on a selection asks the server for it, with the words', async (label, yes, decision) => {
  const sent = setup()
  const user = userEvent.setup()
  await screen.findAllByRole('row')
  await user.click(await screen.findByRole('checkbox', { name: /all/i }))
  await user.click(screen.getByRole('button', { name: label }))
  const dialog = await screen.findByRole('dialog')
  await user.type(within(dialog).getByRole('textbox'), 'since')
  await user.click(within(dialog).getByRole('button', { name: yes }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.variables).toEqual({
    input: { kind: 'REVIEW_ORDERS', ids: ['1', '2', '3'], decision, comment: 'since' },
  })
  expect(await screen.findByText(/The server carries it out/)).toBeVisible()
})
