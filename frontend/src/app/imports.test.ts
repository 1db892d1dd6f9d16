import { expect, it } from 'vitest'

const sources = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../**/*.test.*', '!../**/*.generated.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

/** What a source imports of ours, at once or when it is needed. */
function importsOf(path: string): string[] {
  const folder = new URL(path, 'file:///src/app/here.ts')
  const found: string[] = []
  for (const [, name] of sources[path]!.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
    const at = new URL(name!, folder).href
    const known = Object.keys(sources).find((other) => {
      const href = new URL(other, 'file:///src/app/here.ts').href
      return href === `${at}.ts` || href === `${at}.tsx`
    })
    if (known) found.push(known)
  }
  return found
}

it('has no circle of imports, lazy ones included', () => {
  const imports = new Map(Object.keys(sources).map((path) => [path, importsOf(path)]))
  const done = new Set<string>()
  const circles: string[] = []
  const walk = (path: string, way: string[]) => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const next of imports.get(path)!) walk(next, [...way, path])
    done.add(path)
  }
  for (const path of imports.keys()) walk(path, [])
  expect(circles).toEqual([])
  expect(imports.size).toBeGreaterThan(100)
})
