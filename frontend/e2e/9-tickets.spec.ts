import { completeJobHasRun, DemoFile } from './demo'
import { drawer, grid, bodyRows } from './parts'
import { expect, test } from './signIn'

test.describe.configure({ mode: 'serial' })
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

/** Somebody who has held a card since before. */
const holder = () => new DemoFile('badge/Badge_Card.csv').lines[1]?.split(',')[1] ?? ''

test('a changed name becomes a ticket that says what to set; it is taken and given back', async ({ page, signIn }) => {
  test.setTimeout(90_000)
  const people = new DemoFile('hr/People.csv')
  const before = people.line(holder())
  const cells = before.split(',')
  const renamed = [...cells.slice(0, 2), 'Umbenannt', ...cells.slice(3)].join(',')
  await signIn('operator', `/manual?text=${holder()}`)
  try {
    people.write(people.lines.map((line) => (line === before ? renamed : line)))
    const row = bodyRows(grid(page, 'Manual provisioning')).filter({ hasText: 'Update' })
    await expect(async () => {
      await page.getByRole('button', { name: 'Refresh' }).click()
      await expect(row).toHaveCount(1, { timeout: 2_000 })
    }).toPass({ timeout: 30_000 })
    await row.click()
    const open = drawer(page)
    await expect(open.getByRole('heading', { name: 'Change Badge card in Badge office' })).toBeVisible()
    await expect(open.getByText(/^Find /)).toBeVisible()
    await open.getByRole('button', { name: 'Copy Holder name' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${cells[1]} Umbenannt`)

    await open.getByRole('button', { name: 'Take' }).click()
    await expect(page.getByText(/^Marked as yours/)).toBeVisible()
    await open.getByRole('button', { name: 'Release' }).click()
    await expect(page.getByText(/^Given back/).first()).toBeVisible()
  } finally {
    people.restore()
  }
})

test('a departure becomes a ticket to delete the card', async ({ page, signIn }) => {
  test.setTimeout(90_000)
  const positions = new DemoFile('hr/Positions.csv')
  const id = holder()
  await signIn('operator', `/manual?text=${id}`)
  try {
    positions.write(positions.lines.filter((line) => line.split(',')[1] !== id))
    const row = bodyRows(grid(page, 'Manual provisioning')).filter({ hasText: 'Delete' })
    await expect(async () => {
      await page.getByRole('button', { name: 'Refresh' }).click()
      await expect(row).toHaveCount(1, { timeout: 2_000 })
    }).toPass({ timeout: 30_000 })
    await row.click()
    const open = drawer(page)
    await expect(open.getByRole('heading', { name: 'Delete Badge card from Badge office' })).toBeVisible()
    await expect(open.getByText(/^Delete .*These are its values:$/)).toBeVisible()
    await open.getByRole('button', { name: 'Report error…' }).click()
    const asked = page.getByRole('dialog', { name: /^Report that it was not possible to delete Badge card/ })
    await expect(asked.getByRole('button', { name: 'Report error' })).toBeDisabled()
    await page.keyboard.press('Escape')
    await expect(asked).toHaveCount(0)
    await expect(open).toBeVisible()
  } finally {
    positions.restore()
  }
})
