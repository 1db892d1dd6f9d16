import type { Page } from '@playwright/test'
import { completeJobHasRun } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// What is had until a day is extended from My access, approved for less than was asked for, and lasts longer then. After 9-requests, which counts what the
// employee asked for.

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

test('what ends is extended, for less than was asked for', async ({ page: employee, signIn, another }) => {
  test.setTimeout(240_000)
  await signIn('employee', '/request')
  const basket = employee.getByRole('region', { name: 'Basket' })
  const until = basket.getByLabel('Until, the last day')
  const send = async () => {
    await basket.getByRole('button', { name: 'Send request' }).click()
    await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()
  }
  await employee.getByRole('button', { name: 'Add Payment entry' }).click()
  await basket.getByRole('button', { name: 'Dates and values of Payment entry' }).click()
  await until.fill(day(20))
  await send()
  const reviewer = await another('reviewer', '/approvals')
  const waiting = bodyRows(grid(reviewer, 'Approvals')).filter({ hasText: 'Payment entry' })
  const approve = async (page: Page, what: RegExp, narrow?: string) => {
    await waiting.click()
    await expect(drawer(page).getByRole('button', { name: /^Approve/ })).toBeVisible()
    await settled(page)
    await page.keyboard.press('a')
    const question = page.getByRole('dialog', { name: what })
    if (narrow) {
      await expect(question.getByLabel('Not before')).toHaveCount(0)
      await question.getByLabel('Until, inclusive, at the latest').fill(narrow)
      expect(await faults(page, 'approving an extension')).toEqual([])
      expect(await machineWords(page)).toEqual([])
    }
    await question.getByRole('button', { name: 'Approve' }).click()
    await expect(page.getByText(/^Approved: /)).toBeVisible()
    await expect(waiting).toHaveCount(0)
  }
  await approve(reviewer, /^Approve Payment entry for/)

  await employee.goto('/my-access')
  const mine = bodyRows(grid(employee, 'My access')).filter({ hasText: 'Payment entry' })
  await mine.click()
  await settled(employee)
  expect(await faults(employee, 'what ends')).toEqual([])
  expect(await machineWords(employee)).toEqual([])
  await drawer(employee).getByRole('link', { name: 'Ask to extend' }).click()
  await expect(basket.getByText('Extend: Payment entry')).toBeVisible()
  await basket.getByRole('button', { name: 'Dates and values of Payment entry' }).click()
  await expect(basket.getByLabel('From', { exact: true })).toHaveCount(0)
  await until.fill(day(10))
  await expect(basket.getByText(/has it until .* already/).first()).toBeVisible()
  await until.fill(day(60))
  await expect(basket.getByText(/Approval 1:.*Rita Reviewer/)).toBeVisible()
  await settled(employee)
  expect(await faults(employee, 'an extension in the basket')).toEqual([])
  expect(await machineWords(employee)).toEqual([])
  await send()

  await approve(reviewer, /^Approve extending Payment entry for/, day(40))
  await employee.goto('/my-access')
  await mine.click()
  const [year, , last] = day(40).split('-')
  await expect(
    drawer(employee)
      .getByText(new RegExp(`${Number(last)}, ${year}`))
      .first(),
  ).toBeVisible()

  // It is given back: what comes after may ask for it again.
  await drawer(employee).getByRole('link', { name: 'Give back' }).click()
  await expect(basket.getByText('Remove: Payment entry')).toBeVisible()
  await send()
  await expect(employee.getByRole('button', { name: 'Add Payment entry' })).toBeVisible({ timeout: 30_000 })
})
