import { expect, test } from 'vitest'
import { blank, fieldsOf, freeName, kindOf, merged, placeOf, placeOfProblem, withTheirs, withValue } from './shape'
import { kindShapes, wordLists } from './shapes.generated'

const single = kindOf('singleRole')
if (!single) throw new Error('there are no single roles')
const role = blank('Role', {
  identifier: 'Reader',
  displayName: 'Reader',
  rules: [blank('RoleRule', { identifier: 'Reader-1' }), blank('RoleRule', { identifier: 'Reader.x', priority: 2 })],
})

test('every field of every kind has what a form needs', () => {
  for (const kind of kindShapes)
    for (const f of fieldsOf(kind.of)) {
      if (f.type === 'list' || f.type === 'part') expect(fieldsOf(f.of ?? '').length, f.name).toBeGreaterThan(0)
      if (f.type === 'word') expect(wordLists[f.words ?? '']?.length, f.name).toBeGreaterThan(0)
    }
})

test('a number that has a fraction is a number in a new object', () => {
  expect(blank('ContextRule').reductionOutlierPercentage).toBe(0)
  expect(blank('MiningRule').precisionMinPercentage).toBe(100)
})

test('what the server says is found beside its field', () => {
  expect(placeOf(single, role, 'singleRole/Reader.category')).toBe('category')
  expect(placeOf(single, role, 'singleRole/Reader.Reader-1.dimensions.Site')).toBe('rules.0.dimensions')
  expect(placeOf(single, role, 'singleRole/Reader.Reader.x.priority')).toBe('rules.1.priority')
  expect(placeOf(single, role, 'singleRole/Reader')).toBe('')
  expect(placeOf(single, role, 'policy/Default.displayName')).toBe('')
  expect(placeOfProblem(single, role, { kind: 'role_rule', identifier: 'Reader-1', field: 'dimensions' })).toBe(
    'rules.0.dimensions',
  )
  expect(placeOfProblem(single, role, { kind: 'role_rule', identifier: 'Other-1', field: '' })).toBeUndefined()
})

test('both sides of a conflict are kept: what one changed is taken, what both changed is told', () => {
  const mine = withValue(withValue(role, 'description', 'mine'), 'rules.0.priority', 7)
  const theirs = {
    ...withValue(withValue(role, 'description', 'theirs'), 'displayName', 'Readers'),
    rules: [...(role.rules as object[]).slice(0, 1), blank('RoleRule', { identifier: 'Reader-3' })],
  }
  const both = merged('Role', role, mine, theirs)
  expect(both.draft.description).toBe('mine')
  expect(both.draft.displayName).toBe('Readers')
  expect(
    (both.draft.rules as { identifier: string; priority: number }[]).map((r) => [r.identifier, r.priority]),
  ).toEqual([
    ['Reader-1', 7],
    ['Reader-3', 0],
  ])
  expect(both.taken.map((c) => c.path)).toEqual(['displayName', 'rules.Reader.x', 'rules.Reader-3'])
  expect(both.clashes.map((c) => c.path)).toEqual(['description'])
  const clash = both.clashes[0]
  if (clash) expect(withTheirs('Role', both.draft, clash).description).toBe('theirs')
})

test('a rule that somebody else deleted and this person changed is told, and can go', () => {
  const mine = withValue(role, 'rules.0.priority', 7)
  const both = merged('Role', role, mine, { ...role, rules: (role.rules as object[]).slice(1) })
  const clash = both.clashes[0]
  expect(clash?.path).toBe('rules.Reader-1')
  expect(both.draft.rules).toHaveLength(2)
  if (clash) expect(withTheirs('Role', both.draft, clash).rules).toHaveLength(1)
})

test('a new rule gets a name that none has', () => {
  expect(freeName(role, 'rules')).toBe('Reader-2')
  expect(freeName(blank('ResourceType', { identifier: 'Card' }), 'typeRules')).toBe('Card-type-1')
})
