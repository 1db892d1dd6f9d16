import { completeJobHasRun } from './demo'
import { faults, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Rules that would explain what the people of the demo have.
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a run proposes rules, names the people they get wrong, and shows what choosing them would change', async ({
  page,
  signIn,
}) => {
  test.setTimeout(120_000)
  await signIn('admin', '/model/mining')
  await page.getByRole('button', { name: 'Look for rules' }).click()
  await expect(page).toHaveURL(/\/model\/mining\/\d+/)
  const proposals = grid(page, 'Proposals')
  const files = bodyRows(proposals).filter({ hasText: 'Personnel files' })
  await expect(files).toContainText('Department Human Resources and below')
  await settled(page)
  expect(await faults(page, 'mining run')).toEqual([])

  await files.click()
  await expect(drawer(page)).toContainText(/explains (\d+) of \1/)
  await expect(drawer(page).getByRole('region', { name: 'Would be given' })).toContainText('Nobody.')
  expect(await faults(page, 'mining result')).toEqual([])
  await page.keyboard.press('Escape')

  // The same as a picture, walked along with the keys.
  await page.keyboard.press('v')
  const matrix = page.getByRole('group', { name: /^Matrix of \d+ people and \d+ roles/ })
  await expect(matrix).toBeVisible()
  await page.keyboard.press(']')
  await expect(page.getByRole('status').filter({ hasText: /unexplained|would be given it/ })).toBeVisible()
  await settled(page)
  expect(await faults(page, 'mining matrix')).toEqual([])
  // On a narrow page, where it was looked at, too, the list stands in its place, and no cell is chosen.
  await matrix.focus()
  await page.keyboard.press(']')
  await page.keyboard.press('Enter')
  await expect(drawer(page)).toContainText(/explains/)
  await page.keyboard.press('Escape')
  await page.keyboard.press('v')

  await files.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Look at the change' }).click()
  const dialog = page.getByRole('dialog', { name: 'What the chosen rules would change' })
  await expect(dialog).toContainText('1 rule for 1 role')
  await expect(dialog).toContainText('mined-Personnel_Files-1')
  expect(await faults(page, 'mining change')).toEqual([])
})
