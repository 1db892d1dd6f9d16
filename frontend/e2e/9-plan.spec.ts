import { completeJobHasRun, DemoFile } from './demo'
import { faults, settled } from './look'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

// A rule is written, looked at, and applied exactly as it was seen.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

const rule = (department: string) => `singleRoles:
  - identifier: Planned_Role
    displayName: Planned role
    entityType: Directory_User
    category: Business
    rules: [{ identifier: planned, dimensions: { Department: { key: ${department}, inherit: true } } }]
`

test('a plan tells who would get what, is refused when the world moved, and applied exactly so', async ({
  page,
  signIn,
}) => {
  test.setTimeout(300_000)
  await signIn('admin', '/plans')
  await page.getByRole('button', { name: 'Plan a change' }).first().click()
  const form = page.getByRole('dialog', { name: 'Plan a change' })
  await form.getByLabel('What it is for').fill('A role for finance')
  await form.getByLabel('Configuration (YAML)').fill(rule('FIN'))
  await form.getByRole('button', { name: 'Compute' }).click()
  await expect(page).toHaveURL(/\/plans\/\d+/)
  const computed = page.getByRole('heading', { level: 1 }).getByText('Computed')
  await expect(computed).toBeVisible({ timeout: 60_000 })
  await settled(page)
  expect(await faults(page, 'plan')).toEqual([])

  // By role, department and system, down to the people.
  const groups = grid(page, 'Role')
  await expect(bodyRows(groups).filter({ hasText: 'Planned role' })).toBeVisible()
  await page.locator('label', { hasText: 'Department' }).click()
  await expect(page).toHaveURL(/view=DIMENSION/)
  await page.locator('label', { hasText: 'Rows' }).click()
  const rows = bodyRows(grid(page, 'What it would do'))
  await expect(rows.first()).toContainText('added')
  expect(await faults(page, 'rows of a plan')).toEqual([])
  const key = (await rows.first().textContent())?.match(/E\d{5}/)?.[0] ?? ''
  expect(key).not.toBe('')

  // Somebody who would get the role moves to another department.
  const positions = new DemoFile('hr/Positions.csv')
  try {
    positions.write(
      positions.lines.map((line) => (line.split(',')[1] === key ? line.replace(/,FIN[^,]*,/, ',HR,') : line)),
    )
    const apply = async () => {
      await page.getByRole('button', { name: 'Apply exactly this' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Apply exactly this' }).click()
    }
    await page.goto(`/people/Directory_User?text=${key}`)
    await bodyRows(page.getByRole('grid')).first().click()
    await page.getByRole('link', { name: 'Contexts', exact: true }).click()
    await expect(page.getByText(/Human Resources/).first()).toBeVisible({ timeout: 30_000 })
    await page.goto('/plans')
    await bodyRows(grid(page, 'Plans')).first().click()
    await apply()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('The world moved', { timeout: 60_000 })
    await expect(page.getByRole('region', { name: 'Who moved' })).toContainText(/\S+: /)
    expect(await faults(page, 'plan that is out of date')).toEqual([])

    await page.getByRole('button', { name: 'Plan again' }).click()
    await expect(computed).toBeVisible({ timeout: 60_000 })
    await apply()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Applied', { timeout: 60_000 })
    await page.goto('/model/roles/Planned_Role')
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Planned role')
  } finally {
    positions.restore()
  }
})

test('an editor ends in a plan', async ({ page, signIn }) => {
  test.setTimeout(240_000)
  await signIn('admin', '/model/edit/singleRole/Planned_Role')
  await page.getByLabel('Description').fill('Seen in a plan.')
  await page.getByRole('button', { name: 'Look at the plan' }).click()
  await page.getByRole('button', { name: 'What would it do?' }).click()
  await expect(page).toHaveURL(/\/plans\/\d+/)
  await expect(page.getByText('No difference: the objects alone change.')).toBeVisible({ timeout: 60_000 })
})
