import { completeJobHasRun } from './demo'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('what somebody has through others is shown with the way, explained, and previewed beside its rule', async ({
  page,
  signIn,
}) => {
  await signIn('admin', '/model/edit/indirectResourceRule/Nested_groups')
  const preview = page.getByRole('complementary', { name: 'What it finds' })
  await expect(preview.getByText('Finance reports › Readers of closed months').first()).toBeVisible()
  await preview.getByRole('list').getByRole('link').first().click()

  await page.getByText('Advanced', { exact: true }).click()
  const row = page.getByRole('row').filter({ hasText: 'Papers of the board' })
  await expect(row.getByRole('img', { name: 'Had through others' })).toBeVisible()
  await expect(row).toContainText('Finance reports › Readers of closed months › Finance readers › Board papers')
  await row.getByRole('button', { name: /^Why/ }).click()
  await expect(page.getByText('nothing is ordered for it', { exact: false })).toBeVisible()
  await page.getByRole('link', { name: 'Open as a page' }).click()
  await expect(page.getByText('by the rule Nested_groups', { exact: false }).first()).toBeVisible()

  await page.goto('/reconcile/resources?view=rows')
  await expect(page.getByText('Papers of the board')).toHaveCount(0)
})
