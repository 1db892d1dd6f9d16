import { completeJobHasRun, DemoFile } from './demo'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('an HR file that lost its lines stops the job; the page tells which limit, and the run is given up', async ({
  page,
  signIn,
}) => {
  test.setTimeout(120_000)
  const people = new DemoFile('hr/People.csv')
  await signIn('admin', '/jobs')
  try {
    people.write(people.lines.slice(0, 101))
    await page.getByRole('button', { name: 'Run Complete job' }).click()
    await expect(page.getByRole('heading', { level: 1, name: /Complete job/ })).toContainText('Blocked', {
      timeout: 60_000,
    })

    const panel = page.getByRole('region', { name: /^Stopped by a threshold/ })
    await expect(panel).toContainText('Nothing has been written')

    await expect(panel.getByRole('row', { name: 'Deleted 400 50' })).toBeVisible()
    await expect(panel.getByRole('row', { name: /^Deleted 400 5 % of / })).toBeVisible()
    await expect(bodyRows(grid(page, 'Synchronization changes')).filter({ hasText: 'Delete' })).not.toHaveCount(0)

    await panel.getByRole('button', { name: 'Give up' }).click()
    const asked = page.getByRole('dialog', { name: 'Give up this run?' })
    await asked.getByRole('button', { name: 'Give up' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Cancelled')
  } finally {
    people.restore()
  }
  // Nobody was lost.
  await page.goto('/people/Directory_User?text=E10400')
  await expect(bodyRows(grid(page, 'Person'))).toHaveCount(1)
})
