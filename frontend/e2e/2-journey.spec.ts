import type { Page } from '@playwright/test'
import { DemoFile } from './demo'
import { bodyRows, drawer, grid, step, subject, total, runJob } from './parts'
import { expect, test } from './signIn'

// One story in several chapters: each needs what the one before has left.
test.describe.configure({ mode: 'serial' })

/** The number that a link of the flow on the home page tells. */
async function flowCount(page: Page, state: string): Promise<number> {
  const name = await page.getByRole('link', { name: new RegExp(`^${state}: `) }).getAttribute('aria-label')
  return Number((name ?? '').replace(/\D/g, '') || -1)
}

test('the complete job is launched and followed; counts and permissions change by themselves', async ({
  page,
  context,
  signIn,
}) => {
  test.setTimeout(120_000)
  await signIn('admin', '/jobs')

  // Two more tabs that nobody touches any more.
  const home = await context.newPage()
  await home.goto('/')
  await expect(home.getByRole('link', { name: /^Verified: / })).toBeVisible()
  expect(await flowCount(home, 'Verified')).toBe(0)
  const person = await context.newPage()
  await person.goto('/people/Directory_User?text=E10002')
  await bodyRows(grid(person, 'Person')).click()
  await expect(person.getByRole('heading', { level: 1, name: 'Emil Keller' })).toBeVisible()
  await expect(person.getByText('No entitlements')).toBeVisible()

  await page.bringToFront()
  await runJob(page, 'Complete job')
  await expect(page).toHaveURL(/\/runs\/\d+/)
  // On a quick machine it may be over before the page is drawn.
  await expect(page.getByRole('heading', { level: 1, name: /Complete job/ })).toContainText(/In progress|Completed/)
  for (const level of ['Level 0', 'Level 5', 'Level 10'])
    await expect(page.getByRole('list', { name: level, exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Read the HR files.*Completed/ })).toBeVisible({ timeout: 60_000 })
  const progress = page.getByRole('progressbar', { name: 'Progress', exact: true })
  await expect(progress).toHaveAttribute('aria-valuenow', '100', { timeout: 90_000 })
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Completed')
  await page.getByRole('button', { name: /^Compute who has what.*Completed/ }).click()
  await expect(page.getByRole('list', { name: 'Log' }).getByRole('listitem')).not.toHaveCount(0)

  await expect(home.getByRole('link', { name: /^Awaiting approval: [1-9]/ })).toBeVisible()
  await expect(home.getByRole('link', { name: /^Transmitted: [1-9]/ })).toBeVisible()
  expect(await flowCount(home, 'Verified')).toBeGreaterThan(400)
  expect(await flowCount(home, 'Errored')).toBe(0)

  const tree = person.getByRole('treegrid', { name: 'View permissions' })
  await expect(tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })).toBeVisible()
  await expect(tree.getByRole('row', { name: /Finance staff/ })).toBeVisible()
})

test('a person shows what it holds, in which state, and why', async ({ page, signIn }) => {
  await signIn('admin', '/orders?states=%5B%22AWAITING_APPROVAL%22%5D')
  await bodyRows(grid(page, 'Orders')).first().click()
  const owner = drawer(page).getByRole('region', { name: 'Owner' }).getByRole('link')
  await owner.click()
  await expect(page).toHaveURL(/\/person\//)
  const tree = page.getByRole('treegrid', { name: 'View permissions' })
  await expect(tree.getByRole('row', { name: /Intranet administrator.*Awaiting approval/, level: 1 })).toBeVisible()
  await expect(tree.getByRole('row', { name: /Intranet user.*Verified/, level: 1 })).toBeVisible()

  await tree.getByRole('button', { name: 'Why Intranet administrator?' }).click()
  const why = page.getByRole('dialog', { name: 'Why Intranet administrator?' })
  await expect(why.getByRole('listitem')).not.toHaveCount(0)
  await why.getByRole('button', { name: 'Explain step by step' }).click()
  await expect(why.getByRole('list', { name: 'Explain step by step' }).getByRole('listitem')).not.toHaveCount(0)
})

test('the reviewer approves one order, declines a line of another and postpones a third', async ({
  page,
  context,
  signIn,
}) => {
  await signIn('reviewer', '/review')
  const list = grid(page, 'Provisioning review')
  await expect(bodyRows(list)).not.toHaveCount(0)
  const before = await total(list)
  expect(before).toBeGreaterThan(2)

  await bodyRows(list).first().click()
  const open = drawer(page)
  const first = await subject(open)
  // The same order as a page of its own, in another tab.
  const href = await open.getByRole('link', { name: 'Open as a page' }).getAttribute('href')
  const alone = await context.newPage()
  await alone.goto(href ?? '')
  await expect(step(alone, 'Awaiting approval, now')).toBeVisible()

  await open.getByRole('button', { name: 'Approve creation' }).click()
  await page
    .getByRole('dialog', { name: /^Approve to create/ })
    .getByRole('button', { name: 'Approve' })
    .click()
  await expect(page.getByText(`Approved: ${first}`)).toBeVisible()
  // The page in the other tab follows by itself, through the system and the read-back, to the end.
  await expect(step(alone, 'Verified, done')).toBeVisible({ timeout: 30_000 })
  await expect(alone.getByText('reviewer').first()).toBeVisible()
  await alone.close()

  // The next order is open by itself.
  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(first)
  const second = await subject(open)
  await open.getByRole('group', { name: 'Decision for Job title' }).getByRole('button', { name: 'Decline' }).click()
  await open.getByRole('button', { name: 'Apply these decisions' }).click()
  const asked = page.getByRole('dialog', { name: /^Decline lines of the order to create Intranet administrator for / })
  await expect(asked.getByRole('button', { name: 'Apply these decisions' })).toBeDisabled()
  await asked.getByRole('textbox').fill('The title is not for the intranet')
  await asked.getByRole('button', { name: 'Apply these decisions' }).click()
  await expect(page.getByText(`Decisions applied: ${second}`)).toBeVisible()

  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(second)
  const third = await subject(open)
  await open.getByRole('button', { name: 'Postpone' }).last().click()
  await expect(page.getByText(`Postponed: ${third}`)).toBeVisible()

  await open.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect.poll(() => total(list)).toBe(before - 2)
  await page.getByRole('combobox', { name: 'Hide postponed' }).selectOption('Hide postponed')
  await expect.poll(() => total(list)).toBe(before - 3)
})

test('the operator confirms a ticket, whose card is then seen in the list of the badge office', async ({
  page,
  another,
  signIn,
}) => {
  await signIn('operator', '/manual')
  const list = grid(page, 'Manual provisioning')
  await bodyRows(list).first().click()
  const open = drawer(page)
  await expect(open.getByRole('heading', { name: 'Create Badge card in Badge office' })).toBeVisible()
  const value = async (name: string) =>
    open
      .getByRole('term')
      .filter({ hasText: new RegExp(`^${name}$`) })
      .locator('xpath=following-sibling::dd[1]')
      .locator('code')
      .innerText()
  const card = await Promise.all(['Card number', 'Employee id', 'Holder name', 'Site', 'Access level'].map(value))
  const href = await open.getByRole('link', { name: 'Open as a page' }).getAttribute('href')
  const title = await subject(open)

  await open.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByText(`Confirmed: ${title}`)).toBeVisible()
  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(title)

  const alone = await another('admin', href ?? '')
  await expect(step(alone, 'Executed, now')).toBeVisible()
  const cards = new DemoFile('badge/Badge_Card.csv')
  cards.write([...cards.lines, card.join(',')])
  await expect(step(alone, 'Verified, done')).toBeVisible({ timeout: 30_000 })
})

test('the operator reports an error, with a message, and confirms the rest in bulk', async ({ page, signIn }) => {
  await signIn('operator', '/manual')
  const list = grid(page, 'Manual provisioning')
  await expect(bodyRows(list).first()).toBeVisible()
  const tickets = await total(list)
  await bodyRows(list).first().click()
  const open = drawer(page)
  await open.getByRole('button', { name: 'Report error…' }).click()
  const asked = page.getByRole('dialog', { name: /^Report that it was not possible to / })
  await expect(asked.getByRole('button', { name: 'Report error' })).toBeDisabled()
  await asked.getByRole('textbox', { name: 'What went wrong?' }).fill('The card printer is out of order')
  await asked.getByRole('button', { name: 'Report error' }).click()
  await expect(page.getByText(/^Error reported: /)).toBeVisible()
  await open.getByRole('button', { name: 'Close' }).click()

  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect.poll(() => total(list)).toBe(tickets - 1)
  const before = tickets - 1
  expect(before).toBeGreaterThan(100)
  await list.getByRole('checkbox', { name: 'Select all shown rows' }).click()
  await page.getByRole('button', { name: /^Select all .* of this filter$/ }).click()
  const bar = page.getByRole('toolbar', { name: /selected/ })
  await expect(bar).toContainText(`All ${before} of this filter selected`)
  await bar.getByRole('button', { name: 'Done' }).click()
  const asking = page.getByRole('dialog', { name: `Confirm ${before} orders as done?` })
  await asking.getByRole('button', { name: `Done (${before})` }).click()
  await expect(page.getByText('The server carries it out. You can leave this page.')).toBeVisible()
  await page.getByRole('button', { name: 'Follow' }).click()
  await expect(page).toHaveURL(/\/bulk\/\d+$/)
  await expect(page.getByRole('status').filter({ hasText: `${before} of ${before}` })).toBeVisible({ timeout: 60_000 })
  await page.goto('/manual')
  await expect(page.getByText('No open tickets')).toBeVisible()
})

test('the reviewer finds the errored order and unblocks it; its ticket is open again', async ({
  page,
  another,
  signIn,
}) => {
  const operator = await another('operator', '/manual')
  await expect(operator.getByText('No open tickets')).toBeVisible()
  await signIn('reviewer', '/review')
  await page.getByRole('link', { name: /1\s*Errored orders/ }).click()
  const row = bodyRows(grid(page, 'Errored orders')).filter({ hasText: 'The card printer is out of order' })
  await expect(row).toHaveCount(1)
  await row.click()
  await expect(drawer(page).getByText('The card printer is out of order').first()).toBeVisible()
  await drawer(page).getByRole('button', { name: 'Send again' }).click()
  await expect(page.getByText('1 order sent again')).toBeVisible()
  await expect(page.getByText('No errored orders')).toBeVisible()
  // The operator's page shows the new ticket without being touched.
  await expect(bodyRows(grid(operator, 'Manual provisioning'))).toHaveCount(1, { timeout: 20_000 })
})
