import { expect, test } from '@playwright/test'
import { faults, machineWords } from './look'
import { serveStories } from './stories/serve'

// Components in one state each, drawn from factories: no server is asked. Every story is photographed in both sizes and colours into
// test-results/stories, and fails on what axe finds, on what is wider than the window, on words of the machine and on any error in the console.

let site: Awaited<ReturnType<typeof serveStories>>
test.beforeAll(async () => {
  test.setTimeout(180_000)
  site = await serveStories()
})
test.afterAll(() => site.close())

test.use({ trace: 'off' })

test('every component looks right in every state', async ({ page }) => {
  test.setTimeout(600_000)
  const found: string[] = []
  let now = ''
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(`${now}: ${message.text()}`)
  })
  page.on('pageerror', (error) => found.push(`${now}: ${error.message}`))

  await page.goto(site.url)
  await expect(page.getByRole('link').first()).toBeVisible()
  const names = await page.getByRole('link').allInnerTexts()
  expect(names.length).toBeGreaterThan(25)
  for (const name of names) {
    now = name
    await page.goto(`${site.url}?${encodeURIComponent(name)}#${encodeURIComponent(name)}`)
    await expect(page.locator('main')).toBeAttached()
    await page.evaluate(() => document.fonts.ready)
    found.push(...(await faults(page, name, { partOfPage: true, photograph: 'test-results/stories' })))
    found.push(...(await machineWords(page)).map((words) => `${name}: says ${words}`))
  }
  expect(found).toEqual([])
})
