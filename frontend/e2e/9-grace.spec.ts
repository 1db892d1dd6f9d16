import { completeJobHasRun, setRulesOfSourceCode } from './demo'
import { faults, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// A rule takes a role away that has a grace period; it is given back in the end.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a role whose rule is deleted stays for its grace period, and is approved, declined or given again', async ({
  page: reviewer,
  signIn,
  request,
}) => {
  test.setTimeout(180_000)
  await setRulesOfSourceCode(request, '')
  await signIn('reviewer', '/reconcile/prolonged')
  const roles = bodyRows(grid(reviewer, 'Prolonged roles'))
  await expect(roles.first()).toContainText('Source code')
  await expect(roles.first()).toContainText('deleted or switched off')
  const many = await roles.count()
  expect(many).toBeGreaterThan(3)
  await settled(reviewer)
  expect(await faults(reviewer, 'prolonged roles')).toEqual([])

  await roles.first().click()
  await expect(drawer(reviewer).getByText(/goes then unless somebody approves it/)).toBeVisible()
  await settled(reviewer)
  expect(await faults(reviewer, 'prolonged role')).toEqual([])
  await drawer(reviewer).getByRole('link', { name: 'Why kept?' }).click()
  await expect(reviewer.getByText(/it is prolonged until/).first()).toBeVisible()

  await reviewer.goto('/reconcile/prolonged')
  await roles.first().click()
  await expect(drawer(reviewer).getByText(/goes then unless somebody approves it/)).toBeVisible()
  await reviewer.keyboard.press('a')
  await reviewer
    .getByRole('dialog', { name: /^Approve Source code of/ })
    .getByRole('button', { name: 'Approve' })
    .click()
  await expect(reviewer.getByText('Approved: Source code of', { exact: false })).toBeVisible()
  await expect(drawer(reviewer).getByText(/goes then unless somebody approves it/)).toBeVisible()
  await reviewer.keyboard.press('d')
  const decline = reviewer.getByRole('dialog', { name: /^Decline Source code of/ })
  await expect(decline.getByRole('button', { name: 'Decline' })).toBeDisabled()
  await decline.getByRole('textbox').fill('left the project')
  await decline.getByRole('button', { name: 'Decline' }).click()
  await expect(reviewer.getByText('Declined: Source code of', { exact: false })).toBeVisible()

  // The rule is given back: what is still prolonged has the role as before, and the list says so by itself.
  await reviewer.goto('/reconcile/prolonged')
  await expect(roles.first()).toBeVisible()
  await setRulesOfSourceCode(request, '{ compositeRole: "Engineering" }')
  await expect(reviewer.getByText('No role is in its grace period')).toBeVisible({ timeout: 60_000 })
})
