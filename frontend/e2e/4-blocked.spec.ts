import { completeJobHasRun, DemoFile } from './demo'
import { faults } from './look'
import { bodyRows, grid, runJob } from './parts'
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
    await runJob(page, 'Complete job')
    await expect(page.getByRole('heading', { level: 1, name: /Complete job/ })).toContainText('Blocked', {
      timeout: 60_000,
    })

    const panel = page.getByRole('region', { name: /^Stopped by a limit/ })
    await expect(panel).toContainText('Nothing has been written')

    await expect(panel.getByRole('row', { name: /^Human resources: gone 400 50$/ })).toBeVisible()
    await expect(panel.getByRole('row', { name: /^Human resources: gone 400 5 % of / })).toBeVisible()
    await expect(bodyRows(grid(page, 'Synchronization changes')).filter({ hasText: 'Gone' })).not.toHaveCount(0)

    expect(await faults(page, 'blocked run')).toEqual([])

    await panel.getByRole('button', { name: 'Give up…' }).click()
    const asked = page.getByRole('dialog', { name: 'Give up Complete job?' })
    await asked.getByRole('button', { name: 'Give up' }).click()
    await expect(page.getByText('Given up: nothing of it was written')).toBeVisible()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Cancelled')
  } finally {
    people.restore()
  }
  // Nobody was lost.
  await page.goto('/people/Directory_User?text=E10400')
  await expect(bodyRows(grid(page, 'Person'))).toHaveCount(1)
})

test('a run that stopped at a threshold is resumed: it says how much, then it is written', async ({ page, signIn }) => {
  test.setTimeout(240_000)
  const people = new DemoFile('hr/People.csv')
  await signIn('admin', '/jobs')
  try {
    people.write(people.lines.slice(0, -52))
    await runJob(page, 'Complete job')
    const heading = page.getByRole('heading', { level: 1, name: /Complete job/ })
    await expect(heading).toContainText('Blocked', { timeout: 60_000 })
    await page
      .getByRole('region', { name: /^Stopped by/ })
      .getByRole('button', { name: 'Resume…' })
      .click()
    const asked = page.getByRole('dialog', { name: 'Resume Complete job over its limit?' })
    await expect(asked).toContainText(/Over the limit: Human resources: gone 52/)
    await expect(asked.getByRole('button', { name: 'Resume' })).toBeDisabled()
    await asked.getByRole('textbox').fill('The branch was closed')
    await asked.getByRole('button', { name: 'Resume' }).click()
    await expect(heading).toContainText(/Completed|Warning/, { timeout: 90_000 })
    await page.goto('/people/Directory_User?text=E10500')
    await expect(page.getByText('Nothing matches this filter')).toBeVisible()
  } finally {
    people.restore()
  }
  // They come back with the next read.
  await expect(async () => {
    await page.reload()
    await expect(bodyRows(grid(page, 'Person'))).toHaveCount(1, { timeout: 2_000 })
  }).toPass({ timeout: 60_000 })
})

test('a run that failed says why, and is relaunched from there once the cause is gone', async ({ page, signIn }) => {
  test.setTimeout(180_000)
  const titles = new DemoFile('hr/Titles.csv')
  await signIn('admin', '/jobs')
  try {
    titles.write(['Wrong,Heading', ...titles.lines.slice(1)])
    await runJob(page, 'Complete job')
    const heading = page.getByRole('heading', { level: 1, name: /Complete job/ })
    await expect(heading).toContainText('Errored', { timeout: 60_000 })
    await expect(page.getByRole('button', { name: /^Read the HR files.*Errored/ })).toBeVisible()
    await expect(page.getByText(/Titles.*Code/).first()).toBeVisible()
    const failed = page.url()
    titles.restore()
    await page.getByRole('button', { name: 'Relaunch from the failed task' }).click()
    await expect(page).not.toHaveURL(failed)
    await expect(heading).toContainText(/Completed|Warning/, { timeout: 90_000 })
  } finally {
    titles.restore()
  }
})

test('a schedule is switched on and off', async ({ page, signIn }) => {
  await signIn('admin', '/jobs')
  const schedule = page.getByRole('switch', { name: 'Schedule of Complete job' })
  await expect(schedule).not.toBeChecked()
  await schedule.click({ force: true })
  await page
    .getByRole('dialog', { name: 'Switch the schedule of Complete job on?' })
    .getByRole('button', { name: 'Switch on' })
    .click()
  await expect(page.getByText('Schedule switched on')).toBeVisible()
  await expect(schedule).toBeChecked()
  await expect(bodyRows(grid(page, 'Job execution')).filter({ hasText: 'Complete job' })).toContainText(/in \d+/)
  await schedule.click({ force: true })
  await page
    .getByRole('dialog', { name: 'Switch the schedule of Complete job off?' })
    .getByRole('button', { name: 'Switch off' })
    .click()
  await expect(page.getByText('Schedule switched off')).toBeVisible()
  await expect(schedule).not.toBeChecked()
})
