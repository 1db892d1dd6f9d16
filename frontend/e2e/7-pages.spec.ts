import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { completeJobHasRun } from './demo'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

// A trace would keep a copy of every page in every colour and size.
test.use({ trace: 'off' })

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]
const colours = ['light', 'dark'] as const

/** What axe finds on the page in both colours and both sizes, and what is wider than the window. */
async function faults(page: Page, name: string): Promise<string[]> {
  const found: string[] = []
  for (const size of sizes) {
    await page.setViewportSize(size)
    for (const colorScheme of colours) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
      const where = `${name}, ${size.width} px, ${colorScheme}`
      // One page, no frames: the old way of running axe is the quick one. In the second colour only colours can differ.
      const { violations } = await new AxeBuilder({ page })
        .setLegacyMode()
        .options({ resultTypes: ['violations'], ...(colorScheme === 'dark' && { runOnly: ['color-contrast'] }) })
        .analyze()
      for (const v of violations)
        found.push(
          `${where}: ${v.id}: ${v.help}: ${v.nodes
            .map((n) => n.target.join(' '))
            .slice(0, 3)
            .join(' | ')}`,
        )
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    if (over > 0) found.push(`${name}, ${size.width} px: ${over} px wider than the window`)
  }
  await page.setViewportSize(sizes[0] ?? { width: 1440, height: 900 })
  return found
}

/** Waits until the page has its title and nothing that is still loading. */
async function settled(page: Page) {
  await expect(page.getByRole('main')).toBeVisible()
  await expect(page).toHaveTitle(/ · Writ$/)
  await expect(page.locator('[aria-busy=true], [aria-label=Loading]')).toHaveCount(0)
}

/** The pages that need no id, in groups so that no test is long. */
const groups: Record<string, string[]> = {
  'work and things': [
    '/',
    '/review',
    '/review?view=property',
    '/manual',
    '/errors',
    '/people/Directory_User',
    '/orders',
  ],
  machinery: ['/jobs', '/jobs/complete', '/model/roles', '/model/roles/Employee', '/model/resource-types', '/systems'],
  setup: [
    '/systems/HR',
    '/access',
    '/access/profiles',
    '/access/rules',
    '/webhooks',
    '/audit',
    '/help',
    '/no-such-page',
  ],
}

for (const [group, paths] of Object.entries(groups)) {
  test(`axe finds nothing on the pages of ${group}`, async ({ page, signIn }) => {
    test.setTimeout(300_000)
    await signIn('admin')
    const found: string[] = []
    for (const path of paths) {
      await page.goto(path)
      if (path === '/no-such-page')
        await expect(page.getByText('There is nothing at this address').last()).toBeVisible()
      else await settled(page)
      found.push(...(await faults(page, path)))
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
  await expect(page.getByRole('heading', { name: 'Level 0', exact: true })).toBeVisible()
  await look('run')

  await page.goto('/review')
  await openFirst('Provisioning review')
  await expect(drawer(page).getByRole('button', { name: 'Postpone' }).last()).toBeVisible()
  await look('review of an order')
  await page.keyboard.press('d')
  await expect(page.getByRole('dialog', { name: 'Decline 1 order?' })).toBeVisible()
  await look('declining')
  await page.keyboard.press('Escape')

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
