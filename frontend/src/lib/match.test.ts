import { expect, test } from 'vitest'
import { matches } from './match'

test.each([
  ['ann lee', 'Ann Lee', true],
  ['LEE, Ann', 'Ann Lee', true],
  ['ann bob', 'Ann Lee', false],
  ['mueller', 'Jürg Müller', true],
  ['muller', 'Jürg Mu\u0308ller', true],
  ['Mu\u0308ller', 'Müller', true],
  ['STRASSE', 'Große Straße', true],
  ['istanbul', 'İstanbul', true],
  ['ISIK', 'Işık', true],
  ['ΟΔΥΣΣΕΥΣ', 'Οδυσσεύς', true],
  ['lee\u200b', 'Ann Lee', true],
  ['  ', 'Ann', true],
])('%s in %s', (text, name, found) => {
  expect(matches(text, name)).toBe(found)
})

test('words may stand in different names', () => {
  expect(matches('news intra', 'Intranet news', 'Intranet_News', null)).toBe(true)
  expect(matches(undefined, 'x')).toBe(true)
})
