import { expect, test } from 'vitest'
import { addresses, reached } from '../../e2e/addresses'
import { me } from '../test/factories'
import { listedPages, pages } from './pages'

const looked = Object.values(addresses).flat()

test('the browser test looks at every page', () => {
  const forgotten = pages
    .map((page) => (page.options as { path: string }).path)
    .filter((path) => path !== '$' && !reached.includes(path))
    .filter((path) => {
      const pattern = new RegExp(`^${path.replace(/\$\w+/g, '[^/]+')}(/|\\?|$)`)
      return !looked.some((address) => (path === '/' ? address === '/' : pattern.test(address)))
    })
  expect(forgotten).toEqual([])
})

test('nobody without rights is offered a page that he may not open', () => {
  const offered = listedPages
    .filter((page) => page.may(me({ permissions: [], scopes: noScopes })))
    .map((page) => page.path)
  expect(offered).toEqual(['/', '/help'])
})

test('keys and addresses are given once', () => {
  const keys = listedPages.flatMap((page) => page.go?.key ?? [])
  expect(new Set(keys).size).toBe(keys.length)
  expect(new Set(listedPages.map((page) => page.path)).size).toBe(listedPages.length)
})

const noScopes = Object.fromEntries(Object.keys(me().scopes).map((name) => [name, []])) as unknown as ReturnType<
  typeof me
>['scopes']
