import { completeJobHasRun, DemoFile } from './demo'
import { bodyRows, drawer, grid, step } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a change of the HR file becomes an order that appears in the list by itself', async ({ page, signIn }) => {
  const people = new DemoFile('hr/People.csv')
  await signIn('admin', '/orders')
  const list = grid(page, 'Orders')
  await expect(bodyRows(list)).not.toHaveCount(0)
  try {
    const before = people.line('E10002')
    people.write(people.lines.map((line) => (line === before ? line.replace(',Keller,', ',Kellermann,') : line)))

    // The list stays still under the hand: new rows are announced, and shown on demand.
    await page.getByRole('button', { name: /^\d+ new$/ }).click({ timeout: 30_000 })
    const row = bodyRows(list)
      .filter({ hasText: 'Emil Kellermann' })
      .filter({ hasText: 'Update' })
      .filter({ hasText: 'Intranet user' })
    await row.click()
    await expect(step(page, 'Verified, done')).toBeVisible({ timeout: 30_000 })
    await expect(drawer(page).getByText('Emil Kellermann').first()).toBeVisible()
  } finally {
    people.restore()
  }
})

test('somebody added by hand, with a position, gets an account and a ticket for a badge', async ({ page, signIn }) => {
  await signIn('admin', '/people/Directory_User')
  await page.getByRole('button', { name: 'New' }).click()
  const form = page.getByRole('dialog', { name: /^Add / })
  await form.getByLabel('Key').fill('X90001')
  await form.getByLabel('First name').fill('Paula')
  await form.getByLabel('Last name').fill('Newcomer')
  await form.getByLabel('Email').fill('paula.newcomer@northwind.example')
  await form.getByLabel('Manager').fill('E10002')
  await form.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByText('Paula Newcomer added')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: 'Paula Newcomer' })).toBeVisible()
  const address = page.url()

  await page.goto('/people/Directory_Position?add=true')
  await form.getByLabel('Key').fill('X90001-1')
  await form.getByLabel('Person').fill('X90001')
  await form.getByLabel('Department').fill('MKT')
  await form.getByLabel('Title').fill('MKT')
  await form.getByLabel('Site').fill('PAR')
  await form.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'X90001-1' })).toBeVisible()

  await page.goto(address)
  const tree = page.getByRole('treegrid', { name: 'View permissions' })
  await expect(tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })).toBeVisible({ timeout: 30_000 })
  await expect(tree.getByRole('row', { name: /Badge card.*Transmitted/, level: 1 })).toBeVisible()
})
