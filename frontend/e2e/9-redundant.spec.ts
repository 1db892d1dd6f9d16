import { approveProlonged, completeJobHasRun, prolongedCount, setRulesOfSourceCode } from './demo'
import { faults, settled } from './look'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

// Roles that somebody approved while no rule gave them, and that a rule gives again.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('what rules give again is found, and left to them', async ({ page, signIn, request }) => {
  test.setTimeout(180_000)
  await setRulesOfSourceCode(request, '')
  await expect.poll(() => prolongedCount(request), { timeout: 60_000 }).toBeGreaterThan(3)
  const many = await approveProlonged(request, 2)
  expect(many).toBe(2)
  await setRulesOfSourceCode(request, '{ compositeRole: "Engineering" }')
  await expect.poll(() => prolongedCount(request), { timeout: 60_000 }).toBe(0)

  await signIn('admin', '/redundant')
  await page.getByRole('button', { name: 'Analyse' }).click()
  const rows = bodyRows(grid(page, 'Redundant assignments')).filter({ hasText: 'Source code' })
  await expect(rows.first()).toContainText('Engineering', { timeout: 60_000 })
  await expect(page.getByRole('status', { name: 'Last analysis' })).toContainText('Done')
  const before = await rows.count()
  expect(before).toBeGreaterThanOrEqual(many)
  await settled(page)
  expect(await faults(page, 'redundant assignments')).toEqual([])

  await rows.first().getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Leave to the rules…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave 1 assignment to the rules?' })
  await expect(dialog).toContainText('Source code of')
  expect(await faults(page, 'redundant assignments, question')).toEqual([])
  await dialog.getByRole('button', { name: 'Leave to the rules' }).click()
  await expect(page).toHaveURL(/\/bulk\/\d+/)
  await expect(page.getByText('Approved → the rules give it')).toBeVisible({ timeout: 30_000 })
  await page.goto('/redundant')
  await expect(rows).toHaveCount(before - 1)
})
