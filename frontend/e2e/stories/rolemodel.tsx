import type { ComponentProps } from 'react'
import { TrialAnswer } from '../../src/features/rolemodel/TrialAnswer'
import type { Story } from './Stage'
import { long } from './common'

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

export const rolemodelStories: Record<string, Story> = {
  'trial, what differs': trial({}),
  'trial, no account yet': trial({ accountId: null, readAt: null, values: [value({ read: [], isSame: false })] }),
  'trial, not given': trial({ isGiven: false, accountId: null, values: [] }),
  'trial, cannot be computed': trial({ failure: 'the contexts of this person overlap' }),
}
