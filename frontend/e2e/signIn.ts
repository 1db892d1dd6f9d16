import { expect, test as base, type Page } from '@playwright/test'

/** The password of the demonstration logins. */
async function demoPassword(page: Page): Promise<string> {
  const response = await page.request.get('/auth/info')
  const info = (await response.json()) as { demoPassword?: string }
  return process.env.WRIT_E2E_PASSWORD ?? info.demoPassword ?? ''
}

/** Signs in through the page, as a person would, and waits for the frame. */
async function signIn(page: Page, username: string, to = '/') {
  const password = await demoPassword(page)
  await page.goto(to)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeAttached()
}

/** `test` with a fixture that signs in and fails on errors in the console. */
export const test = base.extend<{ signIn: (username: string, to?: string) => Promise<void>; quietConsole: void }>({
  signIn: async ({ page }, use) => {
    await use((username, to) => signIn(page, username, to))
  },
  quietConsole: [
    async ({ page }, use) => {
      const errors: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      page.on('pageerror', (error) => errors.push(error.message))
      await use()
      expect(errors).toEqual([])
    },
    { auto: true },
  ],
})

export { expect } from '@playwright/test'
