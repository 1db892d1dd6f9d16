import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]
const colours = ['light', 'dark'] as const

/** Rules about a whole page, which a part of one cannot keep. */
const ofPages = ['landmark-one-main', 'page-has-heading-one', 'region', 'heading-order', 'bypass']

/**
 * What axe finds on the page in both colours and both sizes, and what is wider than the window. `photograph` names a folder for a picture of each.
 */
export async function faults(
  page: Page,
  name: string,
  options: { partOfPage?: boolean; photograph?: string } = {},
): Promise<string[]> {
  const without = Object.fromEntries(options.partOfPage ? ofPages.map((rule) => [rule, { enabled: false }]) : [])
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
        .options({
          resultTypes: ['violations'],
          rules: without,
          ...(colorScheme === 'dark' && { runOnly: ['color-contrast'] }),
        })
        .analyze()
      if (options.photograph) {
        const file = `${name.replace(/[^a-z]+/gi, '-')}.${size.width}.${colorScheme}.png`
        await page.screenshot({ path: `${options.photograph}/${file}` })
      }
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
export async function settled(page: Page) {
  await expect(page.getByRole('main')).toBeVisible()
  await expect(page).toHaveTitle(/ · Writ$/)
  await expect(page.locator('[aria-busy=true], [aria-label=Loading]')).toHaveCount(0)
}

/**
 * Words of the machine in what a page says: braces of JSON, underscores inside words, paths of rights, schedules, enum spellings. What stands in
 * code, under Details, or in what a system answered (data-machine), may be spelt as the machine does.
 */
export async function machineWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const main = document.querySelector('main')?.cloneNode(true) as HTMLElement
    for (const apart of main.querySelectorAll('code, pre, details, .mono, [data-machine]')) apart.remove()
    const said: string[] = []
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) said.push(walker.currentNode.textContent ?? '')
    return said.filter((text) => /\{"|"\}|\w_\w|\/Custom\/|\d \d+ [*\d] [*\d]/.test(text)).slice(0, 5)
  })
}
