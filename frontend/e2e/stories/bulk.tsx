import { BulkPage } from '../../src/features/bulk/BulkPage'
import type { BulkItemRowFragment } from '../../src/features/bulk/bulk.generated'
import type { BulkRowFragment } from '../../src/graphql/bulk.generated'
import { bulkChange } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, page } from './common'

const bulk = (change: Partial<BulkRowFragment>, items: BulkItemRowFragment[] = []): Story => ({
  at: '/bulk/1',
  draw: () => <BulkPage />,
  answers: { BulkDetail: { bulkChange: bulkChange({ id: '1', ...change }) }, BulkItems: { bulkItems: page(items) } },
})

const bulkItem = (change: Partial<BulkItemRowFragment>): BulkItemRowFragment => ({
  subjectId: '1',
  name: 'Erik Employee',
  about: 'Intranet account: Phone',
  state: 'DONE',
  message: null,
  before: '+49 30 1',
  after: '+49 30 2',
  endedAt: '2026-03-01T09:00:00Z',
  ...change,
})

const bulkItems = [
  bulkItem({}),
  bulkItem({
    subjectId: '17',
    name: 'Hanna Silva',
    state: 'SKIPPED',
    message: 'This difference is gone: it was mended, or something else takes its place.',
    before: null,
    after: null,
  }),
  bulkItem({
    subjectId: '18',
    name: long,
    about: long,
    state: 'FAILED',
    message: 'An order about this account is still under way. Decide when it has ended.',
    after: null,
  }),
  bulkItem({ subjectId: '19', name: '', state: 'TODO', before: null, after: null, endedAt: null }),
]

export const bulkStories: Record<string, Story> = {
  'bulk change, running': bulk({}, bulkItems),
  'bulk change, queued': bulk({ state: 'QUEUED', done: 0, skipped: 0, failed: 0, startedAt: null }, []),
  'bulk change, done with errors': bulk(
    { state: 'DONE_WITH_ERRORS', done: 4804, endedAt: '2026-03-01T09:05:00Z', againId: '7' },
    bulkItems,
  ),
  'bulk change, stopped': bulk(
    {
      state: 'CANCELLED',
      failure: 'The account of rita may not be used any more. Decide about the rest yourself.',
      endedAt: '2026-03-01T09:05:00Z',
    },
    bulkItems,
  ),
  'bulk change, of somebody else': bulk({ isMine: false, actor: 'rita', comment: long }),
}
