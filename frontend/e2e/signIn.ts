import { expect, test as base, type Browser, type BrowserContext, type Page } from '@playwright/test'

/** The password of the demonstration logins, as the server tells it. */
export async function demoPassword(page: Page): Promise<string> {
  const response = await page.request.get('/auth/info')
  const info = (await response.json()) as { demoPassword?: string }
  return process.env.WRIT_E2E_PASSWORD ?? info.demoPassword ?? ''
}

/** Signs in and opens a page. The form itself has a journey of its own; here the cookie of the session is enough. */
async function signIn(page: Page, username: string, to = '/') {
  const query = 'mutation($input: LoginInput!) { login(input: $input) { expiresAt } }'
  const input = { username, password: await demoPassword(page) }
  const response = await page.request.post('/graphql', { data: { query, variables: { input } } })
  expect(await response.json()).not.toHaveProperty('errors')
  await page.goto(to)
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeAttached()
}

/** Collects what every page of the context complains about, in tabs opened later too. */
function listen(context: BrowserContext, errors: string[]) {
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.page()?.url() ?? ''}: ${message.text()}`)
  })
  context.on('weberror', (error) => errors.push(`${error.page()?.url() ?? ''}: ${error.error().message}`))
}

interface Fixtures {
  /** Signs the person in on the page of the test. */
  signIn: (username: string, to?: string) => Promise<void>
  /** Another browser with another person, e.g. a reviewer beside an administrator. */
  another: (username: string, to?: string) => Promise<Page>
  /** What the pages complained about so far; the test fails at its end unless it is empty. */
  complaints: string[]
}

/** `test` with people who sign in; fails on any error in a console and on any exception in a page. */
export const test = base.extend<Fixtures>({
  complaints: [
    async ({ context }, use) => {
      const errors: string[] = []
      listen(context, errors)
      await use(errors)
      expect(errors).toEqual([])
    },
    { auto: true },
  ],
  signIn: async ({ page }, use) => {
    await use((username, to) => signIn(page, username, to))
  },
  another: async ({ browser, baseURL, viewport, complaints }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (username, to) => {
      const context = await newContext(browser, baseURL, viewport)
      contexts.push(context)
      listen(context, complaints)
      const page = await context.newPage()
      await signIn(page, username, to)
      return page
    })
    for (const context of contexts) await context.close()
  },
})

function newContext(browser: Browser, baseURL?: string, viewport?: { width: number; height: number } | null) {
  return browser.newContext({ baseURL, viewport })
}

export { expect } from '@playwright/test'
