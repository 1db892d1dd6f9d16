import type { APIRequestContext } from '@playwright/test'
import { faults, machineWords, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

// Programs come in: with a token of somebody, and as an API client.

async function whoIs(request: APIRequestContext, token: string) {
  const answer = await request.post('/graphql', {
    headers: { authorization: `Bearer ${token}` },
    data: { query: '{ me { username permissions } }' },
  })
  return (await answer.json()) as {
    data?: { me: { username: string; permissions: string[] } } | null
    errors?: unknown[]
  }
}

test('somebody makes a token for a script, which may do a part of what he may, and revokes it', async ({
  page,
  signIn,
  request,
}) => {
  await signIn('operator', '/')
  await page.getByRole('button', { name: /Otto Operator/ }).click()
  await page.getByRole('menuitem', { name: 'Personal tokens' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Personal tokens' })).toBeVisible()
  await page.getByRole('button', { name: 'New token' }).click()
  const name = `Script ${String(Date.now())}`
  await drawer(page).getByLabel('What is it for?').fill(name)
  await drawer(page).getByLabel('Choose permissions').first().click()
  await page.getByRole('option').first().click()
  await page.keyboard.press('Tab')
  await settled(page)
  expect(await faults(page, 'a new token')).toEqual([])
  await drawer(page).getByRole('button', { name: 'Make it' }).click()
  const shown = page.getByRole('dialog', { name: 'The key' })
  const token = await shown.getByTestId('secret').innerText()
  await shown.getByRole('button', { name: 'I have copied it' }).click()
  const row = bodyRows(grid(page, 'Personal tokens')).filter({ hasText: name })
  await expect(row).toHaveCount(1)
  const found = await whoIs(request, token)
  expect(found.data?.me.username).toBe('operator')
  expect(found.data?.me.permissions).toHaveLength(1)
  await settled(page)
  expect(await faults(page, 'tokens')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await row.getByRole('button', { name: 'Revoke…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(row.getByText('Revoked')).toBeVisible()
  await expect(async () => {
    expect((await whoIs(request, token)).errors).toBeDefined()
  }).toPass()
})

test('an administrator gives a program a secret, and the program gets what it is for', async ({
  page,
  signIn,
  request,
}) => {
  await signIn('admin', '/access/clients')
  const row = bodyRows(grid(page, 'API clients')).filter({ hasText: 'ticket-bridge' })
  await row.click()
  await expect(drawer(page).getByText('Only for')).toBeVisible()
  await settled(page)
  expect(await faults(page, 'a client')).toEqual([])
  expect(await machineWords(page)).toEqual([])
  await drawer(page).getByRole('button', { name: 'New secret' }).click()
  await drawer(page)
    .getByLabel('What is it for?')
    .fill(`Test ${String(Date.now())}`)
  await drawer(page).getByRole('button', { name: 'Make it' }).click()
  const shown = page.getByRole('dialog', { name: 'The key' })
  const secret = await shown.getByTestId('secret').innerText()
  await shown.getByRole('button', { name: 'I have copied it' }).click()
  const answer = await request.post('/oauth/token', {
    form: { grant_type: 'client_credentials', client_id: 'ticket-bridge', client_secret: secret },
  })
  expect(answer.status()).toBe(200)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const found = await whoIs(request, token)
  expect(found.data?.me.username).toBe('ticket-bridge')
  expect(found.data?.me.permissions.every((p) => p.includes('ManualProvisioning'))).toBe(true)
  await page.getByRole('link', { name: 'API keys' }).click()
  await expect(bodyRows(grid(page, 'API keys')).filter({ hasText: 'ticket-bridge' })).not.toHaveCount(0)
  await settled(page)
  expect(await faults(page, 'api keys')).toEqual([])
  expect(await machineWords(page)).toEqual([])
})
