import { demoPassword, expect, test } from './signIn'

test('a wrong password is refused with a sentence, the right one opens the home page', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveTitle('Sign in · Writ')
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toHaveText(/wrong/i)

  await page.getByLabel('Password', { exact: true }).fill(await demoPassword(page))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveTitle('Home · Writ')
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible()
  for (const panel of ['The way of the orders', 'Waits for you', 'Running jobs', 'Orders per hour', 'Systems'])
    await expect(page.getByRole('heading', { name: panel })).toBeVisible()
  await expect(page.getByRole('link', { name: /^Pending: \d/ })).toBeVisible()
  await expect(page.getByRole('link', { name: /Provisioning review\s*\d/ })).toBeVisible()

  await page.getByRole('button', { name: 'Account of Ada Administrator' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await page.goto('/orders')
  await expect(page.getByText('Sign in to open that page.')).toBeVisible()
})

test('a demonstration login fills in the form and leads to the page that was asked for', async ({ page }) => {
  await page.goto('/jobs')
  await page.getByRole('button', { name: /^admin/ }).click()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Job execution' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Job execution' })).toBeVisible()
})

test('the sign-in page needs less than 200 kB of script', async ({ page }) => {
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  const scripts = new Set<string>()
  let bytes = 0
  network.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.url.endsWith('.js')) scripts.add(requestId)
  })
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  await page.goto('/sign-in')
  await expect(page.getByRole('heading', { name: 'Demonstration logins' })).toBeVisible()
  await page.waitForLoadState('networkidle')
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(200_000)
})

test('styles and scripts that the server did not allow are not taken', async ({ page, complaints }) => {
  const response = await page.goto('/sign-in')
  expect(response?.headers()['content-security-policy']).not.toContain('unsafe')
  const refused = await page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const seen: string[] = []
        document.addEventListener('securitypolicyviolation', (e) => {
          if (seen.push(e.effectiveDirective) === 2) resolve(seen.sort())
        })
        for (const name of ['style', 'script']) {
          const element = document.createElement(name)
          element.textContent = '/* not ours */'
          document.head.appendChild(element)
        }
      }),
  )
  expect(refused).toEqual(['script-src-elem', 'style-src-elem'])
  expect(complaints.splice(0)).toHaveLength(2)
})
