import { completeJobHasRun } from './demo'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('an employee sees himself and nothing else', async ({ page, signIn }) => {
  await signIn('employee')
  const menu = page.getByRole('navigation', { name: 'Main' })
  await expect(menu.getByRole('link', { name: 'People' })).toBeVisible()
  for (const word of ['Review', 'Manual', 'Errors', 'Jobs', 'Systems', 'Access', 'Webhooks', 'Audit log'])
    await expect(menu.getByRole('link', { name: new RegExp(`^${word}`) })).toHaveCount(0)

  await menu.getByRole('link', { name: 'People' }).click()
  const list = grid(page, 'Person')
  await expect(bodyRows(list)).toHaveCount(1)
  await bodyRows(list).click()
  await expect(page.getByRole('treegrid', { name: 'View permissions' }).getByRole('row')).not.toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0)

  await menu.getByRole('link', { name: 'Orders' }).click()
  const orders = bodyRows(grid(page, 'Orders'))
  await expect(orders).not.toHaveCount(0)
  await expect(orders.filter({ hasNotText: 'E10050' })).toHaveCount(0)
})

test('a page that is not his tells him so', async ({ page, signIn }) => {
  await signIn('employee')
  for (const path of ['/jobs', '/review', '/manual', '/access', '/webhooks', '/audit', '/systems', '/model/roles']) {
    await page.goto(path)
    await expect(page.getByText('You may not open this page').last()).toBeVisible()
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeAttached()
  }
  await page.getByRole('link', { name: 'Go to the home page' }).click()
  await expect(page).toHaveTitle('Home · Writ')
})

test('an object outside the scope is not there', async ({ page, signIn, another }) => {
  const admin = await another('admin', '/people/Directory_User?text=E10001')
  await bodyRows(grid(admin, 'Person')).click()
  await expect(admin.getByRole('heading', { level: 1, name: 'Viktor Moreau' })).toBeVisible()
  await signIn('employee', new URL(admin.url()).pathname)
  await expect(page.getByText('There is nothing at this address')).toBeVisible()
  await expect(page.getByText('Viktor Moreau')).toHaveCount(0)
})
