import { completeJobHasRun } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Somebody asks for a role, somebody else approves it, it arrives, and is given back.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a role is asked for, approved by somebody else, seen in the system, and given back', async ({
  page: employee,
  signIn,
  another,
}) => {
  test.setTimeout(240_000)
  await signIn('employee', '/request')
  const basket = employee.getByRole('region', { name: 'Basket' })
  await expect(basket.getByText('The basket is empty')).toBeVisible()
  await employee.getByRole('button', { name: 'Add Payment entry' }).click()
  await expect(basket.getByText(/Approval 1:.*Rita Reviewer/)).toBeVisible()
  await expect(basket.getByText('Changes: Intranet user')).toBeVisible()
  await settled(employee)
  expect(await faults(employee, 'request')).toEqual([])
  expect(await machineWords(employee)).toEqual([])

  // The basket is still there after a reload.
  await employee.reload()
  await basket.getByLabel('Why it is needed').fill('Closing of the quarter.')
  await basket.getByRole('button', { name: 'Send request' }).click()
  await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()
  await employee.getByRole('button', { name: 'See it' }).click()
  const mine = bodyRows(grid(employee, 'My requests'))
  await expect(mine).toHaveCount(1)
  await mine.first().click()
  const asked = drawer(employee)
  await expect(asked.getByRole('heading', { level: 2 }).first()).toContainText('Payment entry · ')
  await expect(asked.getByText('Ada Administrator, Rita Reviewer')).toBeVisible()
  await settled(employee)
  expect(await faults(employee, 'my request')).toEqual([])
  expect(await machineWords(employee)).toEqual([])

  const reviewer = await another('reviewer', '/approvals')
  const waiting = bodyRows(grid(reviewer, 'Approvals')).filter({ hasText: 'Payment entry' })
  await expect(waiting).toHaveCount(1)
  await waiting.click()
  await expect(drawer(reviewer).getByText('Closing of the quarter.')).toBeVisible()
  await settled(reviewer)
  expect(await faults(reviewer, 'approval')).toEqual([])
  expect(await machineWords(reviewer)).toEqual([])
  await reviewer.keyboard.press('a')
  const question = reviewer.getByRole('dialog', { name: /^Approve Payment entry for/ })
  await question.getByLabel(/^Why/).fill('as agreed')
  await question.getByRole('button', { name: 'Approve' }).click()
  await expect(reviewer.getByText(/^Approved: Payment entry for/)).toBeVisible()
  await expect(waiting).toHaveCount(0)

  // The drawer of the employee follows by itself, up to what is seen in the system.
  await expect(asked.getByText('by Rita Reviewer')).toBeVisible({ timeout: 30_000 })
  await expect(asked.getByText('as agreed')).toBeVisible()
  await expect(asked.getByText('Intranet user: Verified')).toBeVisible({ timeout: 90_000 })
  await expect(asked.locator('[class*=badge]').getByText('Fulfilled')).toBeVisible({ timeout: 60_000 })

  // View Permissions shows it, and leads to the way back.
  await asked.getByRole('link', { name: /./ }).first().click()
  await employee.getByRole('link', { name: 'Ask to remove Payment entry' }).click()
  await expect(basket.getByText('Remove: Payment entry')).toBeVisible()
  await basket.getByRole('button', { name: 'Send request' }).click()
  await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()
  await employee.getByRole('button', { name: 'See it' }).click()
  await mine.first().click()
  await expect(asked.getByRole('heading', { level: 2 }).first()).toContainText('Remove Payment entry · ')
  await expect(asked.locator('[class*=badge]').getByText('Fulfilled')).toBeVisible({ timeout: 120_000 })
})

test('a manager asks for two of his people, leaves one out, and takes it back', async ({ page: manager, signIn }) => {
  await signIn('manager', '/request')
  const people = manager.getByRole('group', { name: 'For', exact: true })
  await people.getByRole('combobox', { name: 'Add a person' }).click()
  await manager.getByRole('listbox').getByRole('option').first().click()
  await people.getByRole('combobox', { name: 'Add a person' }).click()
  await manager.getByRole('listbox').getByRole('option').first().click()
  await manager.getByRole('button', { name: 'Add Datacenter access' }).click()
  const basket = manager.getByRole('region', { name: 'Basket' })
  await expect(basket.getByText(/Approval 2:/).first()).toBeVisible()
  await manager
    .getByRole('button', { name: /^Do not ask for/ })
    .first()
    .click()
  await expect(basket.getByText(/Approval 2:/).first()).toBeVisible()
  await expect(basket.getByRole('button', { name: 'Send request' })).toBeEnabled()
  await settled(manager)
  expect(await faults(manager, 'request for others')).toEqual([])
  await basket.getByRole('button', { name: 'Send request' }).click()
  await manager.getByRole('button', { name: 'See it' }).click()
  const mine = bodyRows(grid(manager, 'My requests'))
  await expect(mine).toHaveCount(2)
  for (const at of [0, 1]) {
    await mine.nth(at).click()
    await drawer(manager).getByRole('button', { name: 'Take back…' }).click()
    await manager
      .getByRole('dialog', { name: /^Take back Datacenter access for/ })
      .getByRole('button', { name: 'Take back' })
      .click()
    await expect(drawer(manager).getByRole('button', { name: 'Ask again' })).toBeVisible()
  }
})

test('a rule says who approves, and whoever it finds decides without any right to review', async ({
  page: employee,
  signIn,
  another,
}) => {
  await signIn('employee', '/request')
  await employee.getByRole('button', { name: 'Add Intranet administration' }).click()
  const basket = employee.getByRole('region', { name: 'Basket' })
  await expect(
    basket.getByText(/Approval 1:.*Mara Manager.*by the rule “The manager looks at administrators first”/),
  ).toBeVisible()
  await basket.getByLabel('Why it is needed').fill('On call next month.')
  await basket.getByRole('button', { name: 'Send request' }).click()
  await employee.getByRole('button', { name: 'See it' }).click()
  const mine = bodyRows(grid(employee, 'My requests')).filter({ hasText: 'Intranet administration' }).first()
  await mine.click()
  await expect(drawer(employee).getByText(/Mara Manager \(by the rule/)).toBeVisible()
  await settled(employee)
  expect(await faults(employee, 'request of a rule')).toEqual([])
  expect(await machineWords(employee)).toEqual([])

  const manager = await another('manager', '/approvals')
  const waiting = bodyRows(grid(manager, 'Approvals')).filter({ hasText: 'Intranet administration' }).first()
  await waiting.click()
  await settled(manager)
  expect(await faults(manager, 'approval by a rule')).toEqual([])
  expect(await machineWords(manager)).toEqual([])
  await manager.keyboard.press('a')
  const question = manager.getByRole('dialog', { name: /^Approve Intranet administration for/ })
  await question.getByLabel(/^Why/).fill('go ahead')
  await question.getByRole('button', { name: 'Approve' }).click()
  await expect(manager.getByText(/^Approved: Intranet administration for/)).toBeVisible()
  await expect(drawer(employee).getByText('by Mara Manager')).toBeVisible({ timeout: 30_000 })

  await drawer(employee).getByRole('button', { name: 'Take back…' }).click()
  await employee
    .getByRole('dialog', { name: /^Take back Intranet administration for/ })
    .getByRole('button', { name: 'Take back' })
    .click()
  await expect(drawer(employee).getByRole('button', { name: 'Ask again' })).toBeVisible()
})
