import type { ComponentProps } from 'react'
import { TrialAnswer } from '../../src/features/rolemodel/TrialAnswer'
import { DiffersPanel } from '../../src/features/rolemodel/DiffersPanel'
import { SuggestionPanel } from '../../src/features/rolemodel/SuggestionPanel'
import { MappingLine } from '../../src/features/rolemodel/MappingLine'
import { TriedContext } from '../../src/features/rolemodel/TrialContext'
import type { Story } from './Stage'
import { long, nothing } from './common'

type Trial = ComponentProps<typeof TrialAnswer>['trial']
type Value = Trial['values'][number]

const value = (change: Partial<Value>): Value => ({
  property: 'Login',
  computed: ['zoe'],
  read: ['zoe'],
  isComputed: true,
  isSame: true,
  createOnly: false,
  error: '',
  rules: ['User-Login'],
  ...change,
})

const trial = (change: Partial<Trial>): Story => ({
  draw: () => (
    <TrialAnswer
      nameOf={(property) => property}
      trial={{
        at: '2026-11-30T03:00:00Z',
        problems: [],
        isGiven: true,
        accountId: '7',
        readAt: '2026-11-30T02:50:00Z',
        failure: '',
        values: [
          value({}),
          value({ property: 'DisplayName', computed: [long], read: ['A. Zimmermann'], isSame: false }),
          value({ property: 'Groups', computed: ['News', 'Phone book'], read: ['News', 'Old'], isSame: false }),
          value({ property: 'Phone', computed: [], error: 'No site', isSame: false }),
          value({ property: 'Password', read: [], computed: ['set'], isSame: false, createOnly: true }),
          value({ property: 'Room', isComputed: false, computed: [], read: ['4.12'], isSame: false }),
        ],
        ...change,
      }}
    />
  ),
})

const found = {
  problems: [],
  total: 4_812,
  looked: 200,
  endCursor: 'x',
  given: 180,
  gained: 4,
  lost: 2,
  failed: 1,
  properties: [
    {
      property: 'Phone',
      differs: 38,
      errors: 3,
      sample: [
        { owner: { id: '1', key: 'E10042', displayName: long }, computed: ['+49 30 1'], read: [], error: '' },
        { owner: { id: '2', key: 'E10043', displayName: 'Ben Cole' }, computed: [], read: ['1'], error: 'No site' },
      ],
    },
  ],
}

const line = (rule: object): Story => ({
  draw: () => (
    <TriedContext
      value={{
        trial: {
          at: '2026-11-30T03:00:00Z',
          problems: [],
          isGiven: true,
          accountId: '7',
          readAt: null,
          failure: '',
          values: [value({}), value({ property: 'Phone', computed: [], error: `No such key: ${long}`, isSame: false })],
        },
        differences: found,
      }}
    >
      <MappingLine rule={rule as never} whole={{ targetEntityType: 'Account' }} />
    </TriedContext>
  ),
})

type Suggestions = ComponentProps<typeof SuggestionPanel>['suggestions']

const proposed = (dimensionName: string, label: string, explains: number, besides: number) => ({
  criteria: [{ dimension: dimensionName, dimensionName, key: label, label, inherit: besides > 0 }],
  explains,
  besides,
  matches: explains + besides,
})

const suggested = (answer: Partial<NonNullable<Suggestions['answer']>> | undefined): Story => ({
  draw: () => (
    <SuggestionPanel
      suggestions={{
        answer: answer && {
          objectKind: 'singleRole',
          object: 'Phone_Book',
          objectName: 'Phone book',
          list: 'rules',
          property: null,
          resource: null,
          found: 1_204,
          suggestions: [proposed('Department', 'Sales', 1_190, 0), proposed('Site', long, 800, 4_120)],
          ...answer,
        },
        error: undefined,
        isSettled: answer !== undefined,
        read: nothing,
      }}
      value={[{ dimension: 'Department', key: 'Sales', inherit: false }]}
      readOnly={false}
      onChoose={nothing}
    />
  ),
})

export const rolemodelStories: Record<string, Story> = {
  'rules that would explain it': suggested({}),
  'rules that would explain it, none does': suggested({ suggestions: [] }),
  'rules that would explain it, nobody has it': suggested({ found: 0, suggestions: [] }),
  'rules that would explain it, not here yet': suggested(undefined),
  'trial, what differs': trial({}),
  'trial, no account yet': trial({ accountId: null, readAt: null, values: [value({ read: [], isSame: false })] }),
  'trial, not given': trial({ isGiven: false, accountId: null, values: [] }),
  'differs, before anybody was looked at': {
    draw: () => <DiffersPanel save={{}} resourceType="User" nameOf={(name) => name} onFound={nothing} />,
    answers: { ResourceTypeDifferences: { resourceTypeDifferences: found } },
  },
  'mapping line, same': line({ property: 'Login', binding: 'EmployeeId', expression: 'ToLower' }),
  'mapping line, fails': line({
    property: 'Phone',
    expression: `source.Site.Prefix + " " + "${long}"`,
    singleRole: 'Phone_Book',
    createOnly: true,
    dimensions: [{}],
  }),
  'trial, cannot be computed': trial({ failure: 'the contexts of this person overlap' }),
}
