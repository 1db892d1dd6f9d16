import { completeJobHasRun } from './demo'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('why not, what would give it, and the picture of it', async ({ page, signIn }) => {
  await signIn('admin', '/people/Directory_User?text=E10050')
  await bodyRows(grid(page, 'Person')).click()
  await page.getByRole('link', { name: 'Why?', exact: true }).click()
  await expect(page.getByText('Why, or why not?')).toBeVisible()

  await page.getByRole('combobox', { name: 'What is lacking?' }).fill('datacenter')
  await page
    .getByRole('option', { name: /^Datacenter access/ })
    .first()
    .click()
  const would = page.getByRole('region', { name: 'What would give it' })
  await expect(would).toContainText('would have to be')
  await expect(page.getByRole('region', { name: 'What stands against it' })).toContainText('does not')
  const address = page.url()

  await page.keyboard.press('v')
  const picture = page.getByRole('group', { name: 'What leads to what' })
  await expect(picture.getByRole('button').first()).toBeVisible()
  await picture.getByRole('button').first().focus()
  await page.keyboard.press('ArrowRight')
  await expect(picture.locator('[role=button]:focus')).toBeVisible()
  await page.keyboard.press('v')
  await expect(picture).toHaveCount(0)

  await page.goto(address)
  await expect(would).toContainText('would have to be')
})

test('a role leads to somebody who does not have it', async ({ page, signIn }) => {
  await signIn('admin', '/model/roles/Employee')
  await page.getByRole('combobox', { name: 'Who' }).fill('E10050')
  await page.getByRole('option').first().click()
  await expect(page).toHaveURL(/\/person\/\d+\/why\?role=Employee/)
  await expect(page.getByRole('region', { name: 'Why' })).toContainText('Employee')
})

test('an employee asks about himself and nobody else', async ({ page, signIn, another }) => {
  const admin = await another('admin', '/people/Directory_User?text=E10001')
  await bodyRows(grid(admin, 'Person')).click()
  await expect(admin.getByRole('heading', { level: 1, name: 'Viktor Moreau' })).toBeVisible()
  const path = new URL(admin.url()).pathname
  await signIn('employee', `${path}/why?role=Employee`)
  await expect(page.getByText('There is nothing at this address')).toBeVisible()
})
