import { completeJobHasRun } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Somebody lets another one act for him: that one decides, both see what was done, and it is taken back. After 9-requests, which counts what the employee
// asked for.

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a deputy decides for somebody until it is taken back', async ({ page, signIn, another }) => {
  test.setTimeout(240_000)
  await signIn('reviewer', '/delegations')
  await page.getByRole('button', { name: 'New delegation' }).click()
  const form = drawer(page)
  await form.getByLabel('Who acts').first().fill('Nico')
  await page.getByRole('option', { name: /Nico Night/ }).click()
  const last = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
  await form.getByLabel('Until, inclusive').fill(last)
  await settled(page)
  expect(await faults(page, 'a new delegation')).toEqual([])
  await form.getByRole('button', { name: 'Let act' }).click()
  const row = bodyRows(grid(page, 'Delegations')).filter({ hasText: 'Nico Night' })
  await expect(row.first()).toBeVisible()
  await settled(page)
  expect(await faults(page, 'delegations')).toEqual([])
  expect(await machineWords(page)).toEqual([])

  const employee = await another('employee', '/request')
  await employee.getByRole('button', { name: 'Add Payment entry' }).click()
  await employee.getByRole('region', { name: 'Basket' }).getByRole('button', { name: 'Send request' }).click()
  await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()

  const deputy = await another('night', '/approvals')
  await expect(deputy.getByRole('banner').getByText(/Rita Reviewer/)).toBeVisible()
  const waiting = bodyRows(grid(deputy, 'Approvals')).filter({ hasText: 'Payment entry' })
  await expect(waiting).toHaveCount(1)
  await waiting.click()
  await settled(deputy)
  expect(await faults(deputy, 'an approval for somebody')).toEqual([])
  expect(await machineWords(deputy)).toEqual([])
  await deputy.keyboard.press('d')
  const question = deputy.getByRole('dialog', { name: /^Decline Payment entry for/ })
  await question.getByRole('textbox').fill('not in this quarter')
  await question.getByRole('button', { name: 'Decline' }).click()
  await expect(deputy.getByText(/^Declined: Payment entry for/)).toBeVisible()
  await expect(waiting).toHaveCount(0)

  await row.first().click()
  await expect(drawer(page).getByText('declined')).toBeVisible()
  await settled(page)
  expect(await faults(page, 'a delegation')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await drawer(page).getByRole('button', { name: 'End now' }).click()
  await page
    .getByRole('dialog', { name: /^End now/ })
    .getByRole('button', { name: 'End now' })
    .click()
  await expect(drawer(page).getByText('Taken back')).toBeVisible()
  await expect(deputy.getByRole('banner').getByText(/Rita Reviewer/)).toHaveCount(0, { timeout: 20_000 })
})
