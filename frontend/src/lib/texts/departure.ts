import type { DepartureKind, DepartureOutcome } from '../../graphql/types.generated'
import { plural } from './plural'

/** Somebody leaves at once, and the list that proves it. */
export const departureTexts = {
  departure: {
    tab: 'Departure',
    now: 'Departure at once…',
    confirm: 'Confirm departure…',
    nowTitle: (name: string) => `${name} leaves at once?`,
    nowText: (accounts: number) =>
      `${accounts === 0 ? 'No account in a managed system' : plural(accounts, 'account in managed systems', 'accounts in managed systems')} ends within seconds, whatever the source says: no review, no limit and no order of systems holds it. Sessions, tokens and delegations end in the same moment, open requests are cancelled, approvals go to somebody else. This page keeps the list as proof.`,
    nowSecond:
      'Many people were made to leave within an hour. After you somebody else has to confirm it, within an hour.',
    nowConfirms: (who: string) => `${who} asked for it. With your confirmation it happens.`,
    reason: 'Why',
    typed: (key: string) => `Type ${key} to confirm`,
    done: (name: string) => `${name} leaves. Everything ends now.`,
    waits: (name: string) => `Somebody else has to confirm that ${name} leaves.`,
    askedBy: (who: string) => `${who} asked for this departure. A second person has to confirm it.`,
    ahead: 'What would end',
    aheadHint: 'Accounts in managed systems that are theirs, and those that may be.',
    nothing: 'No account in a managed system',
    nothingHint: 'A departure ends sign-in, sessions, tokens and delegations all the same.',
    notFor: 'Nothing to end here',
    notForHint: 'Nothing is given to things of this kind, or this one is not yours to make leave.',
    undo: 'Bring back…',
    undoTitle: (name: string) => `${name} comes back?`,
    undoText:
      'Rules give what they give, and accounts that were not deleted yet stay. What people had given does not come back by itself. Sign-in is possible again.',
    undone: (name: string) => `${name} is back. What the rules give comes back now.`,
    returned: 'They came back since. The list stays as proof.',
    left: (name: string, when: string, who: string) => `${name} was made to leave on ${when} by ${who}.`,
    withFirst: (who: string) => `Asked for by ${who}.`,
    because: 'Why',
    complete: (count: number, when: string) => `${count === 1 ? 'It is' : `All ${count}`} verified since ${when}`,
    completeNone: (when: string) => `Complete since ${when}`,
    incomplete: (done: number, all: number) => `${done} of ${all} verified`,
    toLook: (count: number) =>
      `${plural(count, 'account may be theirs', 'accounts may be theirs')}, and nobody has said so: look at ${count === 1 ? 'it' : 'them'}.`,
    leftSince: (day: string) => `Made to leave on ${day}`,
    list: 'What became of everything',
    print: 'Print',
    seal: 'Seal',
    sealText: (from: string, to: string) => `Positions ${from} to ${to} of the log, SHA-256`,
    sealHint:
      'A fingerprint over the events about the person in the log, which is a chain of hashes. writ verify checks the chain.',
    asked: 'Asked',
    executed: 'Done',
    verified: 'Seen',
    by: (who: string) => `by ${who}`,
    ticket: 'Ticket',
    order: 'Open the order',
    kind: {
      ACCOUNT: 'Account',
      SIGN_IN: 'Sign-in to Writ',
      SESSION: 'Session',
      KEY: 'Token',
      DELEGATION: 'Delegation',
      REQUEST: 'Request',
      APPROVAL: 'Approval',
    } satisfies Record<DepartureKind, string>,
    outcome: {
      OPEN: 'To come',
      SENT: 'On its way',
      EXECUTED: 'Done, not seen yet',
      VERIFIED: 'Verified',
      FAILED: 'Failed',
      STAYS: 'Stays',
      TO_LOOK_AT: 'To look at',
      ENDED: 'Ended',
    } satisfies Record<DepartureOutcome, string>,
  },
} as const
