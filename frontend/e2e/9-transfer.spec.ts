import { completeJobHasRun } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Somebody who is asked gives his place to another one, takes it back, gives it again, and that one decides. After 9-requests, which counts what the employee
// asked for.

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('an approval is handed over, taken back, handed over again and decided', async ({ page, signIn, another }) => {
  test.setTimeout(240_000)
  const employee = await another('employee', '/request')
  await employee.getByRole('button', { name: 'Add Payment entry' }).click()
  await employee.getByRole('region', { name: 'Basket' }).getByRole('button', { name: 'Send request' }).click()
  await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()
  const manager = await another('manager', '/')

  await signIn('reviewer', '/approvals')
  const row = bodyRows(grid(page, 'Approvals')).filter({ hasText: 'Payment entry' })
  const handOver = async () => {
    await row.first().click()
    await settled(page)
    await page.keyboard.press('f')
    const form = page.getByRole('dialog', { name: /^Hand the decision on Payment entry/ })
    await form.getByLabel(/^Why/).fill('on leave')
    await form.getByRole('combobox', { name: 'To whom' }).fill('Emil')
    await page.getByRole('option', { name: /Emil Keller/ }).click()
    await settled(page)
    expect(await faults(page, 'handing over')).toEqual([])
    await form.getByRole('button', { name: 'Hand over' }).click()
    await expect(page.getByText(/^Handed over: Payment entry/)).toBeVisible()
  }
  await handOver()
  await manager.goto('/approvals')
  const given = bodyRows(grid(manager, 'Approvals')).filter({ hasText: 'Payment entry' })
  await expect(given).toHaveCount(1)

  await page.goBack()
  await expect(drawer(page).getByText('Rita Reviewer handed his place to Mara Manager: on leave')).toBeVisible()
  await settled(page)
  expect(await faults(page, 'what was handed over')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await drawer(page).getByRole('button', { name: 'Take back what you handed over' }).click()
  await expect(drawer(page).getByRole('button', { name: /^Approve/ })).toBeVisible()
  await expect(given).toHaveCount(0, { timeout: 20_000 })

  await page.goto('/approvals')
  await handOver()
  await expect(given).toHaveCount(1, { timeout: 20_000 })
  await given.click()
  await settled(manager)
  expect(await machineWords(manager)).toEqual([])
  await manager.keyboard.press('d')
  const question = manager.getByRole('dialog', { name: /^Decline Payment entry for/ })
  await question.getByRole('textbox').fill('not in this quarter')
  await question.getByRole('button', { name: 'Decline' }).click()
  await expect(manager.getByText(/^Declined: Payment entry for/)).toBeVisible()
})

test('whoever supervises says who decides, and until when', async ({ page: admin, signIn, another }) => {
  test.setTimeout(240_000)
  const employee = await another('employee', '/request')
  await employee.getByRole('button', { name: 'Add Payment entry' }).click()
  await employee.getByRole('region', { name: 'Basket' }).getByRole('button', { name: 'Send request' }).click()
  await expect(employee.getByText(/Request RQ-\d+ is sent/)).toBeVisible()
  const reviewer = await another('reviewer', '/approvals')
  const asked = bodyRows(grid(reviewer, 'Approvals')).filter({ hasText: 'Payment entry' })
  await expect(asked).toHaveCount(1)

  await signIn('admin', '/approvals')
  await bodyRows(grid(admin, 'Approvals')).filter({ hasText: 'Payment entry' }).click()
  await drawer(admin).getByRole('button', { name: 'Set due day…' }).click()
  await admin
    .getByRole('dialog', { name: /^Until when/ })
    .getByRole('button', { name: 'Set due day' })
    .click()
  await expect(admin.getByText(/^Due day set: /)).toBeVisible()
  await drawer(admin).getByRole('button', { name: 'Assign…' }).click()
  const form = admin.getByRole('dialog', { name: /^Say who decides on Payment entry/ })
  await form.getByLabel(/^Why/).fill('knows the books')
  await form.getByRole('combobox', { name: 'Who decides' }).fill('Emil')
  await admin.getByRole('option', { name: /Emil Keller/ }).click()
  await settled(admin)
  expect(await faults(admin, 'assigning')).toEqual([])
  expect(await machineWords(admin)).toEqual([])
  await form.getByRole('button', { name: 'Assign' }).click()
  await expect(admin.getByText(/^Assigned: Payment entry/)).toBeVisible()
  await expect(
    drawer(admin)
      .getByText(/Mara Manager/)
      .first(),
  ).toBeVisible()
  await expect(asked).toHaveCount(0, { timeout: 20_000 })

  const manager = await another('manager', '/approvals')
  await bodyRows(grid(manager, 'Approvals')).filter({ hasText: 'Payment entry' }).click()
  await settled(manager)
  await manager.keyboard.press('d')
  const question = manager.getByRole('dialog', { name: /^Decline Payment entry for/ })
  await question.getByRole('textbox').fill('not in this quarter')
  await question.getByRole('button', { name: 'Decline' }).click()
  await expect(manager.getByText(/^Declined: Payment entry for/)).toBeVisible()
})
