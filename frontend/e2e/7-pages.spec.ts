import { addresses } from './addresses'
import { completeJobHasRun, createWebhook } from './demo'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

// A trace would keep a copy of every page in every colour and size.
test.use({ trace: 'off' })

/** The pages that need no id, in groups so that no test is long. */

for (const [group, paths] of Object.entries(addresses)) {
  test(`axe finds nothing on the pages of ${group}, and no word of the machine`, async ({ page, signIn }) => {
    test.setTimeout(300_000)
    await signIn('admin')
    const found: string[] = []
    for (const path of paths) {
      await page.goto(path)
      if (path === '/no-such-page')
        await expect(page.getByText('There is nothing at this address').last()).toBeVisible()
      else await settled(page)
      found.push(...(await faults(page, path)))
      found.push(...(await machineWords(page)).map((words) => `${path}: says ${words}`))
    }
    expect(found).toEqual([])
  })
}

test('axe finds nothing on a person, an order, a run, drawers and dialogs', async ({ page, signIn }) => {
  test.setTimeout(300_000)
  await signIn('admin', '/orders')
  const found: string[] = []
  const look = async (name: string) => {
    await settled(page)
    found.push(...(await faults(page, name)))
  }
  const openFirst = async (list: string) => {
    await settled(page)
    await bodyRows(grid(page, list)).first().click()
  }

  await openFirst('Orders')
  await expect(drawer(page).getByRole('heading', { name: 'Lines' })).toBeVisible()
  await look('drawer of an order')
  await drawer(page).getByRole('link', { name: 'Open as a page' }).click()
  await expect(page).toHaveURL(/\/order\/\d+/)
  await look('page of an order')
  await page.getByRole('region', { name: 'Owner' }).getByRole('link').click()
  await expect(page.getByRole('treegrid', { name: 'View permissions' })).toBeVisible()
  await look('permissions')
  await page.getByRole('button', { name: /^Why / }).first().click()
  await expect(page.getByRole('dialog', { name: /^Why / })).toBeVisible()
  await look('why')
  await page.keyboard.press('Escape')
  for (const tab of ['Orders', 'Properties', 'Contexts', 'History']) {
    await page.getByRole('main').getByRole('link', { name: tab, exact: true }).click()
    await expect(page.getByRole('main').getByRole('link', { name: tab, exact: true })).toHaveAttribute(
      'aria-current',
      'page',
    )
    await look(`person, ${tab}`)
  }

  await page.goto('/jobs/complete')
  await openFirst('Runs')
  await expect(page.getByRole('list', { name: 'Level 0', exact: true })).toBeVisible()
  await look('run')

  await page.goto('/review')
  await openFirst('Provisioning review')
  await expect(drawer(page).getByRole('button', { name: 'Postpone' }).last()).toBeVisible()
  await look('review of an order')
  await page.keyboard.press('d')
  await expect(page.getByRole('dialog', { name: /^Decline to .* for .*\?$/ })).toBeVisible()
  await look('declining')
  await page.keyboard.press('Escape')

  await page.goto('/manual')
  await openFirst('Manual provisioning')
  await expect(drawer(page).getByRole('button', { name: 'Report error…' })).toBeVisible()
  await look('ticket')

  await page.goto('/audit')
  await openFirst('Audit log')
  await expect(drawer(page).getByRole('heading', { name: 'Details' })).toBeVisible()
  await look('audit event')

  const webhook = await createWebhook(page.request, 'https://receiver.example/in')
  await page.goto(`/webhooks/${webhook}`)
  await look('webhook')
  await page.getByRole('button', { name: 'Delete…' }).click()
  await look('deleting a webhook')
  await page.getByRole('dialog', { name: 'Delete this webhook?' }).getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('Webhook deleted')).toBeVisible()

  await page.goto('/people/Directory_User?add=true')
  await expect(page.getByRole('dialog', { name: /^Add / })).toBeVisible()
  await look('form of a person')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox', { name: 'Search or jump to' })).toBeFocused()
  await look('palette')
  await page.keyboard.press('Escape')
  expect(found).toEqual([])
})

test('axe finds nothing on the sign-in page', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'Demonstration logins' })).toBeVisible()
  expect(await faults(page, 'sign-in')).toEqual([])
})
