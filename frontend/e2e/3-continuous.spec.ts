import type { Locator } from '@playwright/test'
import { completeJobHasRun, DemoFile, runCompleteJob } from './demo'
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

test('an answer that comes late does not bring back what was', async ({ page, signIn }) => {
  const people = new DemoFile('hr/People.csv')
  await signIn('admin', '/people/Directory_User?text=E10003')
  await bodyRows(grid(page, 'Person')).click()
  const tree = page.getByRole('treegrid', { name: 'View permissions' })
  const account = tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })
  await expect(account).toBeVisible()

  // The server answers the first reading at once, and the answer stays on the way.
  let release = () => {}
  const later = new Promise<void>((done) => (release = done))
  let isHeld = false
  let came = () => {}
  const arrived = new Promise<void>((done) => (came = done))
  await page.route('**/graphql', async (route) => {
    if (isHeld || !route.request().postData()?.includes('query PermissionsView')) return route.continue()
    isHeld = true
    const response = await route.fetch()
    await later
    await route.fulfill({ response })
    came()
  })
  try {
    const before = people.line('E10003')
    const [, , name = ''] = before.split(',')
    people.write(people.lines.map((line) => (line === before ? line.replace(`,${name},`, `,${name}son,`) : line)))
    await expect(page.getByRole('heading', { level: 1, name: `${name}son` })).toBeVisible({ timeout: 30_000 })
    const value = tree.getByRole('row', { name: new RegExp(`${name}son.*Verified`) }).first()
    await expect(value).toBeVisible({ timeout: 30_000 })
    expect(isHeld).toBe(true)
    release()
    await arrived
    // the badge is on a ticket, and goes its own way
    await expect(tree.getByRole('row', { name: /^(Intranet user|Full name|Email).*(Pending|Executed)/ })).toHaveCount(0)
    await expect(value).toBeVisible()
  } finally {
    release()
    people.restore()
  }
})

/** Finds something in a picker by typing, as people do. */
async function pick(form: Locator, label: string, typed: string, name: string) {
  const field = form.getByRole('combobox', { name: label, exact: true })
  await field.click()
  await field.pressSequentially(typed)
  await form.page().getByRole('option', { name }).click()
  await expect(field).toHaveValue(name)
}

test.describe('somebody who is added by hand', () => {
  test.describe.configure({ mode: 'serial' })
  let address = ''

  test('gets an account and a ticket for a badge from one form, without anything launched', async ({
    page,
    signIn,
  }) => {
    await signIn('admin', '/people/Directory_User')
    await page.getByRole('button', { name: 'New' }).click()
    const form = page.getByRole('dialog', { name: 'Add person' })
    await form.getByLabel('Employee id').fill('X90001')
    await form.getByLabel('First name').fill('Paula')
    await form.getByLabel('Last name').fill('Newcomer')
    await form.getByLabel('Email').fill('paula.newcomer@northwind.example')
    await pick(form, 'Manager', 'emil kel', 'Emil Keller')
    await pick(form, 'Department', 'market', 'Marketing')
    await pick(form, 'Title', 'marketing s', 'Marketing Specialist')
    await pick(form, 'Site', 'PAR', 'Paris')
    await form.getByLabel('Start date').fill('2026-01-05')
    await expect(form.getByLabel('Position id')).toHaveValue('X90001-1')
    await form.getByRole('button', { name: 'Add' }).click()
    await expect(page.getByText('Paula Newcomer added')).toBeVisible()
    await expect(page.getByRole('heading', { level: 1, name: 'Paula Newcomer' })).toBeVisible()
    address = page.url()

    const tree = page.getByRole('treegrid', { name: 'View permissions' })
    await expect(tree.getByRole('row', { name: /Badge card.*Transmitted/, level: 1 })).toBeVisible()
    await expect(tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })).toBeVisible({ timeout: 30_000 })
    await expect(page.getByText('Person · X90001 · Marketing, Paris, Marketing Specialist')).toBeVisible()
  })

  test('is told what is wrong, and goes on where half of it is done', async ({ page, signIn }) => {
    await signIn('admin', '/people/Directory_User?add=true')
    const form = page.getByRole('dialog', { name: 'Add person' })
    await form.getByLabel('Employee id').fill('X90001')
    await form.getByRole('button', { name: 'Add' }).click()
    await expect(form.getByText('There is already a Person with the key X90001.')).toBeVisible()

    await form.getByLabel('Employee id').fill('X90002')
    await form.getByLabel('Last name').fill('Half')
    await form.getByLabel('Position id').fill('X90001-1')
    await form.getByRole('button', { name: 'Add' }).click()
    await expect(form.getByText('There is already a Position with the key X90001-1.').first()).toBeVisible()
    await expect(form.getByText('Half is added, but not yet the position')).toBeVisible()
    await expect(form.getByLabel('Employee id')).toBeDisabled()
    await form.getByLabel('Position id').fill('X90002-1')
    await form.getByRole('button', { name: 'Add position' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Half' })).toBeVisible()
    await expect(page.getByRole('treegrid', { name: 'View permissions' })).toBeVisible()
  })

  test('stays when the source is read, takes a second position, and leaves', async ({ page, request, signIn }) => {
    test.setTimeout(120_000)
    await runCompleteJob(request)
    await signIn('admin', address)
    const tree = page.getByRole('treegrid', { name: 'View permissions' })
    await expect(tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })).toBeVisible()
    await expect(tree.getByRole('row', { name: /Customer records/ })).toHaveCount(0)

    await page.getByRole('button', { name: 'Add position' }).click()
    const form = page.getByRole('dialog', { name: 'Add position of Paula Newcomer' })
    await pick(form, 'Department', 'customer', 'Customer Support')
    await expect(form.getByLabel('Position id')).toHaveValue('X90001-2')
    await form.getByRole('button', { name: 'Add' }).click()
    await expect(tree.getByRole('row', { name: /Customer records/, level: 1 })).toBeVisible({ timeout: 30_000 })

    await page.getByRole('main').getByRole('link', { name: 'Contexts' }).click()
    const second = page.getByRole('region', { name: 'Position' }).getByRole('listitem').filter({ hasText: 'X90001-2' })
    await second.getByRole('button', { name: 'End…' }).click()
    const ending = page.getByRole('dialog', { name: 'End this position of Paula Newcomer?' })
    await expect(ending).toContainText('The others stay as they are.')
    await ending.getByRole('button', { name: 'End position' }).click()
    await expect(second.getByText('Past')).toBeVisible()

    await page.getByRole('button', { name: 'Departure…' }).click()
    const leaving = page.getByRole('dialog', { name: 'Paula Newcomer leaves?' })
    await expect(leaving).toContainText('From now on Paula Newcomer has no position')
    await leaving.getByRole('button', { name: 'End position' }).click()
    await page.getByRole('main').getByRole('link', { name: 'View permissions' }).click()
    // The ticket for the card was withdrawn: whether somebody made it all the same shows at the next reading of the card list.
    await expect(tree.getByRole('row', { name: /Intranet user|Customer records/ })).toHaveCount(0, { timeout: 30_000 })
    await expect(tree.getByRole('row', { name: /Badge card.*None/, level: 1 })).toBeVisible()
  })

  test('somebody who is read from the source cannot be changed here, and the page says where', async ({
    page,
    signIn,
  }) => {
    await signIn('admin', '/people/Directory_User?text=E10001')
    await bodyRows(grid(page, 'Person')).click()
    await expect(page.getByRole('button', { name: 'Add position' })).toBeVisible()
    for (const name of ['Edit', 'Delete', 'Departure…']) await expect(page.getByRole('button', { name })).toHaveCount(0)
    await page.getByRole('main').getByRole('link', { name: 'Properties' }).click()
    await expect(page.getByText('Read from Human resources: changes are made there')).toBeVisible()
    await page.getByRole('main').getByRole('link', { name: 'Contexts' }).click()
    await expect(page.getByRole('region', { name: 'Position' })).toContainText('read from Human resources')
  })
})
