import type { Locator } from '@playwright/test'
import { completeJobHasRun } from './demo'
import { bodyRows, drawer, grid, subject, total } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

/** The row that the keys act on. */
const active = (list: Locator): Locator => list.locator('[role=row][class*=active]')

test('Ctrl K finds pages and people', async ({ page, signIn }) => {
  await signIn('admin')
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('combobox', { name: 'Search or jump to' })
  await expect(palette).toBeFocused()
  await palette.pressSequentially('job exec')
  await expect(page.getByRole('option', { name: 'Job execution' })).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Job execution' })).toBeVisible()

  await page.keyboard.press('Control+k')
  await palette.pressSequentially('viktor moreau')
  await expect(page.getByRole('option').first()).toContainText('Viktor Moreau')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Viktor Moreau' })).toBeVisible()

  await page.keyboard.press('Control+k')
  await expect(palette).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(palette).toHaveCount(0)
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await expect(page.getByRole('heading', { level: 1, name: 'Orders' })).toBeVisible()
})

test('the review is done without a mouse', async ({ page, signIn }) => {
  await signIn('reviewer', '/review')
  const list = grid(page, 'Provisioning review')
  await expect(bodyRows(list)).not.toHaveCount(0)
  const before = await total(list)
  expect(before).toBeGreaterThan(3)

  await page.keyboard.press('?')
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  for (const word of ['Next row', 'Select the row', 'Search or jump']) await expect(keys.getByText(word)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(keys).toHaveCount(0)

  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect(active(list)).toHaveAttribute('aria-rowindex', '3')
  await page.keyboard.press('k')
  await expect(active(list)).toHaveAttribute('aria-rowindex', '2')
  await page.keyboard.press('x')
  await expect(page.getByRole('toolbar', { name: '1 selected' })).toBeVisible()
  await page.keyboard.press('x')
  await expect(page.getByRole('toolbar')).toHaveCount(0)

  await list.focus()
  await page.keyboard.press('Enter')
  const open = drawer(page)
  const first = await subject(open)
  await page.keyboard.press('j')
  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(first)
  await page.keyboard.press('Escape')
  await expect(open).toHaveCount(0)
  await expect(list).toBeFocused()

  // Postpone, decline, approve; after each the next order is open.
  await page.keyboard.press('Enter')
  const postponed = await subject(open)
  await page.keyboard.press('p')
  await expect(page.getByText(`Postponed: ${postponed}`)).toBeVisible()
  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(postponed)

  const declined = await subject(open)
  await page.keyboard.press('d')
  const asked = page.getByRole('dialog', { name: /^Decline to .* for .*\?$/ })
  await expect(asked.getByRole('textbox')).toBeFocused()
  await page.keyboard.type('Not a system administrator any more')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(`Declined: ${declined}`)).toBeVisible()
  await expect(open.getByRole('heading', { level: 2 }).first()).not.toHaveText(declined)

  const approved = await subject(open)
  await page.keyboard.press('a')
  await expect(page.getByRole('dialog', { name: /^Approve to create/ })).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.getByText(`Approved: ${approved}`)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(open).toHaveCount(0)
  await page.getByRole('button', { name: 'Refresh' }).press('Enter')
  await expect.poll(() => total(list)).toBe(before - 2)
})

test('a form is opened, filled in and left by keys; the focus returns to where it was', async ({ page, signIn }) => {
  await signIn('admin', '/people/Directory_User')
  const list = grid(page, 'Person')
  await expect(bodyRows(list)).not.toHaveCount(0)
  const button = page.getByRole('button', { name: 'New' })
  await button.press('Enter')
  const form = page.getByRole('dialog', { name: 'Add person' })
  await expect(form.getByLabel('Employee id')).toBeFocused()

  // Escape closes the list of names first, then the form.
  const manager = form.getByRole('combobox', { name: 'Manager' })
  await manager.focus()
  await page.keyboard.type('keller')
  await expect(page.getByRole('option', { name: 'Emil Keller' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('option', { name: 'Emil Keller' })).toHaveCount(0)
  await expect(form).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(form).toHaveCount(0)
  await expect(button).toBeFocused()

  await page.keyboard.press('/')
  await page.keyboard.type('keller')
  await page.keyboard.press('Enter')
  await expect(list).toBeFocused()
  await expect(bodyRows(list).first()).toContainText('Keller')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: /Keller/ })).toBeVisible()
})
