import { completeJobHasRun } from './demo'
import { faults, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Rules that decide in the place of reviewers. Nothing is decided here: other chapters need what was found.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a rule shows what it would decide now and later, before it is saved, and another one is more specific', async ({
  page,
  signIn,
}) => {
  test.setTimeout(120_000)
  await signIn('admin', '/model/automation')
  const rules = grid(page, 'Automation rules')
  await expect(bodyRows(rules)).toHaveCount(3)
  await expect(bodyRows(rules).filter({ hasText: 'Sales staff' })).toContainText('168 hours')
  await page.getByLabel('Decision').selectOption({ label: 'Remove' })
  await expect(bodyRows(rules)).toHaveCount(1)
  await settled(page)
  expect(await faults(page, 'automation rules')).toEqual([])

  await bodyRows(rules).filter({ hasText: 'Nobody asked' }).click()
  const preview = page.getByRole('complementary', { name: 'What it would decide' })
  await expect(preview).toContainText('Key accounts')
  await expect(preview.getByRole('status')).toHaveText(/^Remove: 0 now, [1-9]\d* later\.$/)
  await page.getByLabel('Hours to wait').fill('0')
  await expect(preview.getByRole('status')).toHaveText(/^Remove: [1-9]\d* now, 0 later\.$/)
  await expect(preview).not.toContainText('Customer records')
  await settled(page)
  expect(await faults(page, 'automation rule')).toEqual([])

  await page.getByRole('button', { name: 'Look at the plan' }).click()
  await expect(page.getByRole('heading', { name: 'What changes' })).toBeVisible()
  await page.getByRole('button', { name: 'Go on editing' }).click()
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByLabel('Hours to wait')).toHaveValue('720')
})

test('the fields of a new rule are those of what it is about, and a mistake is told at its field', async ({
  page,
  signIn,
}) => {
  await signIn('admin', '/model/new/automationRule')
  await expect(page.getByRole('combobox', { name: 'Single role' })).toBeVisible()
  await page.getByLabel('About', { exact: true }).selectOption({ label: 'a policy' })
  await expect(page.getByRole('combobox', { name: 'Single role' })).toBeHidden()
  await expect(page.getByRole('combobox', { name: 'Owners' })).toBeVisible()
  await page.getByLabel('Identifier').fill('E2E')
  await page.getByRole('button', { name: 'Look at the plan' }).click()
  await expect(page.getByText('says whose assignments it is about').first()).toBeVisible()
})

test('what waits names the rule that decides about it', async ({ page, signIn }) => {
  await signIn('reviewer', '/reconcile/roles?view=rows')
  await bodyRows(grid(page, 'Found roles')).filter({ hasText: 'Key accounts' }).first().click()
  await expect(drawer(page)).toContainText('The automation rule “Nobody asked for it in 30 days” removes this')
})
