import { expect, test } from 'vitest'
import { permissionWords } from './permissionWords'

const kinds: Record<string, string> = { Directory_User: 'Person', Department: 'Department' }
const kindName = (identifier: string) => kinds[identifier] ?? identifier

test.each([
  ['/', 'everything'],
  ['/Jobs', 'Jobs: everything'],
  ['/Custom/Resources', 'People and things: everything'],
  ['/Custom/Resources/Directory_User', 'People and things: Person'],
  ['/Custom/Resources/Department/Update', 'People and things: Department, change'],
  ['/Custom/ProvisioningPolicy/ReviewProvisioning/Directory_User', 'Review and tickets: review orders, Person'],
  ['/Jobs/RunJob/Launch/Errored', 'Jobs: run jobs, start after a run that ended, errored'],
  ['/Settings/Webhook/Query', 'Settings: webhook, look'],
])('says %s as %s', (path, words) => {
  expect(permissionWords(path, kindName)).toBe(words)
})
