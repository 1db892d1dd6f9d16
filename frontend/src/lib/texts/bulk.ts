import type { BulkDecision, BulkItemState, BulkKind, BulkState } from '../../graphql/types.generated'
import { n, plural } from './plural'

/** One decision about many, carried out by the server. */
export const bulkTexts = {
  bulk: {
    title: 'Bulk changes',
    hint: 'One decision about many, carried out by the server: the page can be left.',
    numbered: (id: string) => `Bulk change ${id}`,
    empty: 'No bulk change yet',
    emptyHint: 'Select all rows of a filter, for example in Reconciliation, and decide about them at once.',
    what: 'Decision',
    who: 'Who',
    progress: 'Progress',
    begun: 'Begun',
    kinds: {
      RECONCILE_RESOURCES: 'Accounts and values',
      RECONCILE_ROLES: 'Found roles',
      UNBLOCK_ORDERS: 'Errors',
      MANUAL_PROVISIONING: 'Manual orders',
    } satisfies Record<BulkKind, string>,
    decisions: {
      USE_PROPOSED: 'Use proposed values',
      KEEP_CURRENT: 'Keep current values',
      POSTPONE: 'Postpone',
      TAKE_UP_AGAIN: 'Take up again',
      AUTHORIZE: 'Authorize accounts',
      AUTHORIZE_WITHOUT_OWNER: 'Authorize without owner',
      DELETE_ACCOUNT: 'Delete accounts',
      KEEP_ROLE: 'Keep roles',
      REMOVE_ROLE: 'Remove roles',
      UNBLOCK: 'Send again',
      CONFIRM: 'Done',
      REPORT_ERROR: 'Report errors',
    } satisfies Record<BulkDecision, string>,
    states: {
      QUEUED: 'Queued',
      RUNNING: 'Running',
      DONE: 'Done',
      DONE_WITH_ERRORS: 'Done with errors',
      CANCELLED: 'Stopped',
    } satisfies Record<BulkState, string>,
    items: { TODO: 'Waiting', DONE: 'Done', SKIPPED: 'Skipped', FAILED: 'Failed' } satisfies Record<
      BulkItemState,
      string
    >,
    numbers: (c: { done: number; skipped: number; failed: number; total: number }) =>
      `${n(c.done + c.skipped + c.failed)} of ${n(c.total)}${c.skipped ? `, ${n(c.skipped)} skipped` : ''}${c.failed ? `, ${n(c.failed)} failed` : ''}`,
    notYet: (count: number) => `${plural(count, 'item was', 'items were')} not looked at`,
    stop: 'Stop',
    stopTitle: 'Stop this bulk change?',
    stopText: 'It stops after the current item. What is done stays done. The rest waits as before.',
    stopped: 'Stopped',
    follow: 'Follow',
    again: (id: string) => `Tries what failed in bulk change ${id} again`,
    tryAgain: (count: number) => `Try the ${n(count)} failed again`,
    view: 'Show',
    allItems: 'Items',
    whom: 'Whom',
    nobody: 'Nobody',
    about: 'What',
    change: 'What became of it',
    look: 'Look at it',
    noItems: 'Nothing of the kind',
    noItemsHint: 'Show all items.',
    notYours: 'Only who began it sees the people it is about',
    notYoursHint: 'The audit log has each decision.',
  },
}
