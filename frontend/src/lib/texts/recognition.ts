import type { RecognitionOutcome, RecognitionState } from '../../graphql/types.generated'
import { n, plural, type Amount } from './plural'

/** Whose accounts are taken to be, and what, by which rule, and taking that back. */
export const recognitionTexts = {
  recognition: {
    tab: 'Recognition',
    title: 'Recognized accounts',
    empty: 'No account is read yet',
    emptyHint: 'The accounts of systems that give or take entitlements appear here once they are read.',
    all: 'All',
    decided: 'Decided by hand',
    states: {
      OWNED: 'Has an owner',
      GUESSED: 'Guessed',
      NOBODYS: 'Nobody’s',
      AMBIGUOUS: 'Several candidates',
      UNRECOGNIZED: 'Not recognized',
    } satisfies Record<RecognitionState, string>,
    stateHint: {
      OWNED: 'A rule found the owner, the account was made for him, or somebody decided so.',
      GUESSED: 'A rule suggests the owner, and nobody has decided.',
      NOBODYS: 'It is known what it is, and it has no owner.',
      AMBIGUOUS: 'Two people or more have as good a claim.',
      UNRECOGNIZED: 'No rule says whose it is, or what.',
    } satisfies Record<RecognitionState, string>,
    filter: 'Rules may change it',
    frozen: 'Decided by hand',
    free: 'By rules',
    sure: 'Sure',
    by: 'By which rule',
    noRule: 'No rule finds it now',
    made: 'No rule',
    nobody: 'Nobody',
    frozenBy: (who: string) => `${who} decided it. Rules do not change it any more.`,
    notFrozen: 'Rules may change it as long as it waits for a decision.',
    rules: 'What rules say now',
    noRules: 'No rule says anything about it.',
    rule: 'Rule',
    kinds: { CORRELATION: 'Found again by', CLASSIFICATION: 'Recognized as' },
    who: 'Whose',
    what: 'What',
    value: 'Same value',
    shared: 'others have it too',
    current: 'as it is',
    reset: 'Let rules decide again',
    resetMany: 'Let rules decide again',
    ask: (what: string) => `Let rules decide again about ${what}?`,
    askMany: (count: Amount) => `Let rules decide again about ${plural(count, 'account', 'accounts')}?`,
    text: 'What people decided about whose it is, and what, is over, also that it is not somebody’s. This cannot be undone.',
    textMany:
      'What people decided about whose they are, and what, is over. Those that rules find where they are keep the decisions about their values. Accounts without an owner are removed where their resource type says so. This cannot be undone.',
    outcome: {
      STAYS: (who: string) =>
        `Rules find it where it is: it stays with ${who}. If nothing gives it, it waits for a decision again.`,
      OTHER_OWNER: (who: string, percent: string) => `It becomes the account of ${who} (${percent}).`,
      GUESSED: (who: string, percent: string) => `A rule suggests ${who} (${percent}); somebody decides then.`,
      AMBIGUOUS: () => 'Rules find several people, so nobody gets it by himself.',
      NOBODYS: () =>
        'Rules find no owner. It waits under Without an owner, or is removed where its resource type says so. Whoever has it and needs one gets a new one.',
      UNRECOGNIZED: () => 'No rule knows it. Whoever has it and needs one gets a new one.',
    } satisfies Record<RecognitionOutcome, (who: string, percent: string) => string>,
    somebody: 'somebody whom you may not see',
    percent: (count: number) => `${n(count)} %`,
    done: (count: number) => `${plural(count, 'account', 'accounts')} recognized again`,
    notDone: (count: number) => `${plural(count, 'account', 'accounts')} not changed`,
    begun: 'The server goes through all of them. You can leave this page.',
    manyWhere: (count: Amount) =>
      `All ${n(count)} that the filter finds now; those with an order under way, or of your own, stay as they are.`,
    account: 'Account',
    since: 'Since',
  },
}
