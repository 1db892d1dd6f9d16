import { expect, type Locator, type Page } from '@playwright/test'

/** What the drawer is about, once it is there: "Create Badge card · Petra Lang". */
export async function subject(open: Locator): Promise<string> {
  const heading = open.getByRole('heading', { level: 2 }).first()
  await expect(heading).toContainText(' · ')
  return heading.innerText()
}

export const drawer = (page: Page): Locator =>
  page.getByRole('dialog').filter({ has: page.getByRole('heading', { level: 2 }) })
export const grid = (page: Page, name: string): Locator => page.getByRole('grid', { name })
/** The rows of a list that hold something: not its head, nor the ghosts while it loads, nor the note of an empty one. */
export const bodyRows = (list: Locator): Locator => list.locator('[role=row][aria-rowindex]:not([aria-rowindex="1"])')
/** How many rows a list has in all, shown or not. */
export const total = async (list: Locator): Promise<number> => Number(await list.getAttribute('aria-rowcount')) - 1
/** One step on the way of an order, with where it stands: "Pending, now", "Verified, done". */
export const step = (page: Page, words: string): Locator =>
  page.getByRole('list', { name: 'Way of the order' }).getByRole('listitem').filter({ hasText: words })

/** Presses the button that runs a job, and says yes to the question. */
export async function runJob(page: Page, name: string) {
  await page.getByRole('button', { name: `Run ${name}` }).click()
  await page
    .getByRole('dialog', { name: `Run ${name} now?` })
    .getByRole('button', { name: 'Run' })
    .click()
}
