import { completeJobHasRun } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// What is one's own: what one has, what waits for one, and who reports to one.

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('an employee sees what he has, why, and how to be rid of it', async ({ page, signIn }) => {
  await signIn('employee', '/my-access')
  const list = bodyRows(grid(page, 'My access'))
  await expect(list).not.toHaveCount(0)
  await page.getByRole('searchbox', { name: 'Name or description' }).fill('no such thing at all')
  await expect(list).toHaveCount(0)
  await page.getByRole('searchbox', { name: 'Name or description' }).fill('')
  await expect(list).not.toHaveCount(0)
  await settled(page)
  expect(await faults(page, 'my access')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await list.first().click()
  await expect(drawer(page).getByText('Why', { exact: true })).toBeVisible()
  await settled(page)
  expect(await faults(page, 'my access, one')).toEqual([])
  await page.keyboard.press('Escape')
  await expect(drawer(page)).toHaveCount(0)
  await page.getByRole('link', { name: 'Ended' }).click()
  await expect(page.getByText('Nothing ended during the last two years')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Tasks', exact: true })).toHaveCount(0)
})

test('a reviewer finds all that waits in one list, and comes from there to each', async ({ page, signIn }) => {
  await signIn('reviewer', '/')
  await expect(page.getByRole('region', { name: 'Tasks' }).getByRole('link').nth(1)).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Hello, /)
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  const list = bodyRows(grid(page, 'Tasks'))
  await expect(list).not.toHaveCount(0)
  await settled(page)
  expect(await faults(page, 'tasks')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await list.first().focus()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/(approvals|review|errors|manual|reconcile|systems)\//)
})

test('a manager sees his people and what they have', async ({ page, signIn }) => {
  await signIn('manager', '/team')
  const list = bodyRows(grid(page, 'My team'))
  await expect(list).not.toHaveCount(0)
  await settled(page)
  expect(await faults(page, 'my team')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  const name = await list.first().getByRole('gridcell').first().innerText()
  await list.first().click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText(name.split('\n')[0] ?? '')
})
