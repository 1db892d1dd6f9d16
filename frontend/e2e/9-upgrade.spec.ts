import type { Page } from '@playwright/test'
import { completeJobHasRun } from './demo'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

/** What the server answers for a file of a version that is gone. */
const gone = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' }
const code = '**/assets/AuditPage-*.js'

const open = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()

/** What is missing is complained about in the console: that is what these tests are about. */
async function forgive(page: Page, complaints: string[]) {
  await page.close()
  complaints.length = 0
}

function countLoads(page: Page) {
  const count = { loads: 0 }
  page.on('load', () => count.loads++)
  return count
}

test('a page whose code is gone after an upgrade loads itself again, once', async ({ page, signIn, complaints }) => {
  // The address of the code is another one in the new version: the old one is answered with 404 until the page is loaded anew.
  await page.route(code, (route) => route.fulfill(gone))
  await signIn('admin', '/')
  const count = countLoads(page)
  page.on('request', (request) => request.isNavigationRequest() && void page.unroute(code))
  await open(page, 'Audit log')
  await expect(page.getByRole('grid', { name: 'Audit log' })).toBeVisible()
  await expect(page).toHaveURL(/\/audit$/)
  expect(count.loads).toBe(1)
  await forgive(page, complaints)
})

test('a page whose code does not come back says what to do, and does not go round', async ({
  page,
  signIn,
  complaints,
}) => {
  await page.route(code, (route) => route.fulfill(gone))
  await signIn('admin', '/')
  const count = countLoads(page)
  await open(page, 'Audit log')
  await expect(page.getByText('It was loaded again, and that did not help.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Load the page again' })).toBeVisible()
  await page.waitForTimeout(4_000) // nothing more may happen
  expect(count.loads).toBe(1)
  // The rest works.
  await open(page, 'Orders')
  await expect(page.getByRole('grid', { name: 'Orders' })).toBeVisible()
  await forgive(page, complaints)
})

test('a page opened while the server is away waits for it, and is not lost', async ({ page, signIn, complaints }) => {
  await page.route(code, (route) => route.fulfill(gone))
  await signIn('admin', '/')
  await page.unroute(code)
  const away = '**/*'
  await page.route(away, (route) => route.abort('connectionrefused'))
  await open(page, 'Audit log')
  await expect(page.getByText('The server does not answer. The page opens by itself when it does')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
  await page.unroute(away)
  await expect(page.getByRole('grid', { name: 'Audit log' })).toBeVisible({ timeout: 15_000 })
  await forgive(page, complaints)
})

test('a part of a page whose code is gone leaves the rest standing', async ({ page, signIn, complaints }) => {
  await page.route('**/assets/HoursChart-*.js', (route) => route.fulfill(gone))
  await signIn('admin', '/')
  await expect(page.getByText('This part of the page could not be loaded')).toBeVisible({ timeout: 40_000 })
  await expect(page.getByRole('heading', { name: 'Systems' })).toBeVisible()
  await forgive(page, complaints)
})
