import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { t } from './texts'

// The machines of the server, as their golden files have them: state, action, where it leads.
const golden = (name: string) => readFileSync(`../server/request/testdata/${name}.golden`, 'utf8')

test('every move of a request and its approvals has a word', () => {
  const actions = ['items', 'steps'].flatMap((name) =>
    [...golden(name).matchAll(/^\S+ +(\w+) /gm)].map((m) => m[1] ?? ''),
  )
  expect(actions.length).toBeGreaterThan(100)
  expect([...new Set(actions)].filter((action) => !t.request.moves[action])).toEqual([])
})
