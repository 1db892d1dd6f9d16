import type { Browser } from '@playwright/test'
import { changeAs } from './demo'
import { faults, machineWords, settled } from './look'
import { Provider } from './provider'
import { expect, test } from './signIn'

// People sign in as their company does: through an OpenID provider that is somebody else's program.

const people = {
  newcomer: {
    preferred_username: `nina-${String(Date.now())}`,
    name: 'Nina New',
    email: 'nina@northwind.example',
    email_verified: true,
    groups: ['writ-reviewers'],
  },
  mara: { preferred_username: 'mara.m', name: 'Mara', employee_number: 'E10002', groups: [] },
  stranger: { preferred_username: 'manager', name: 'Not the manager', groups: [] },
}

/** Another browser, which may say what it likes on foreign pages. */
async function begin(browser: Browser, baseURL: string | undefined, label: string) {
  const page = await (await browser.newContext({ baseURL })).newPage()
  await page.goto('/orders')
  await page.getByRole('link', { name: label }).click()
  return page
}

async function signInThere(page: Awaited<ReturnType<typeof begin>>, name: string) {
  await page.locator('input[name=login]').fill(name)
  await page.locator('input[name=password]').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

test('an administrator enters the provider of the company, and people come in through it', async ({
  page,
  signIn,
  browser,
  baseURL,
  request,
}) => {
  const provider = await Provider.start(baseURL ?? '', 'company', people)
  try {
    await signIn('admin', '/access/providers')
    await page.getByRole('button', { name: 'New identity provider' }).click()
    await page.getByLabel(/^Identifier/).fill('company')
    await page.getByLabel('Name', { exact: true }).fill('Northwind')
    await page.getByLabel(/^Issuer/).fill(provider.issuer)
    await page.getByLabel(/^Client id/).fill('writ')
    await page.getByLabel('Client secret', { exact: true }).fill('a secret of the company')
    await settled(page)
    expect(await faults(page, 'a new identity provider')).toEqual([])
    expect(await machineWords(page)).toEqual([])
    await page.getByRole('button', { name: 'Look at the plan' }).click()
    await page.getByRole('button', { name: 'Apply this' }).click()
    await expect(page).toHaveURL(/\/access\/providers$/)
    await expect(page.getByText('Northwind', { exact: true })).toBeVisible()
    await settled(page)
    expect(await faults(page, 'identity providers')).toEqual([])
    await changeAs(
      request,
      'admin',
      `mutation { saveIdentityProvider(input: { identityProvider: { identifier: "company", displayName: "Northwind", issuer: "${provider.issuer}", clientId: "writ",
        profiles: [{ group: "writ-reviewers", profile: "Reviewer" }, { group: "*", profile: "Employee" }] } }) { dryRun } }`,
    )

    // The first time makes an account, with what the groups give.
    const nina = await begin(browser, baseURL, 'Sign in with Northwind')
    await signInThere(nina, 'newcomer')
    await expect(nina).toHaveURL(/\/orders$/)
    await expect(nina.getByRole('button', { name: /Nina New/ })).toBeVisible()
    await expect(nina.getByRole('link', { name: /^Review/ })).toBeVisible()

    // Whoever is called like somebody else is not let in as him.
    const other = await begin(browser, baseURL, 'Sign in with Northwind')
    await signInThere(other, 'stranger')
    await expect(other.getByRole('alert')).toContainText('An account with your name exists here')

    // A person of the directory comes in as the account that he has.
    await changeAs(
      request,
      'admin',
      `mutation { saveIdentityProvider(input: { identityProvider: { identifier: "company", displayName: "Northwind", issuer: "${provider.issuer}", clientId: "writ",
        person: { claim: "employee_number", entityType: "Directory_User", property: "EmployeeId" } } }) { dryRun } }`,
    )
    const mara = await begin(browser, baseURL, 'Sign in with Northwind')
    await signInThere(mara, 'mara')
    await expect(mara.getByRole('button', { name: /Mara Manager/ })).toBeVisible()

    // Who signs out at the provider is signed out here.
    await nina.goto(`${provider.issuer}/session/end`)
    await nina.getByRole('button', { name: 'Yes, sign me out' }).click()
    await nina.waitForURL(/session\/end\/success/)
    await nina.goto('/')
    await expect(nina).toHaveURL(/\/sign-in/)

    // Switched off: nobody comes in, and who did leaves.
    await changeAs(
      request,
      'admin',
      `mutation { saveIdentityProvider(input: { identityProvider: { identifier: "company", displayName: "Northwind", issuer: "${provider.issuer}", clientId: "writ", disabled: true } }) { dryRun } }`,
    )
    await expect(mara).toHaveURL(/\/sign-in/)
    await expect(mara.getByRole('link', { name: 'Sign in with Northwind' })).toHaveCount(0)
  } finally {
    await changeAs(request, 'admin', `mutation { deleteIdentityProvider(input: { identifier: "company" }) { dryRun } }`)
    provider.stop()
  }
})
