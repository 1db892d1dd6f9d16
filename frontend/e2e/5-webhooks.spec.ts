import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completeJobHasRun, DemoFile } from './demo'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

interface Message {
  headers: IncomingHttpHeaders
  body: string
}

/** A receiver of webhooks on this machine. */
async function startReceiver() {
  const messages: Message[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      messages.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/in`, messages, stop: () => server.close() }
}

/** The signature that Standard Webhooks ask for, made with what the page has shown. */
function sign(secret: string, { headers, body }: Message): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a webhook is added, its secret shown once, its deliveries signed, listed, replayed; it is switched off and deleted', async ({
  page,
  signIn,
}) => {
  test.setTimeout(120_000)
  const receiver = await startReceiver()
  const people = new DemoFile('hr/People.csv')
  try {
    await signIn('admin', '/webhooks')
    await page.getByRole('button', { name: 'Add webhook' }).click()
    const form = page.getByRole('dialog', { name: 'Add webhook' })
    await form.getByLabel('Address').fill(receiver.url)
    await form.getByLabel(/^Description/).fill('Told by the browser test')
    await form.getByRole('button', { name: 'Add' }).click()
    const shown = page.getByRole('dialog', { name: 'The signing secret' })
    const secret = await shown.getByText(/^whsec_/).innerText()
    await shown.getByRole('button', { name: 'I have copied it' }).click()
    await expect(shown).toHaveCount(0)

    await bodyRows(grid(page, 'Webhooks')).filter({ hasText: receiver.url }).click()
    await expect(page.getByText('Nothing delivered yet.')).toBeVisible()
    await expect(page.getByText(secret)).toHaveCount(0)

    const before = people.line('E10003')
    people.write(people.lines.map((line) => (line === before ? line.replace(',Haas,', ',Haase,') : line)))
    await expect.poll(() => receiver.messages.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const first = receiver.messages[0] as Message
    expect(String(first.headers['webhook-signature']).split(' ')).toContain(sign(secret, first))

    // All of it has arrived once the last step has.
    const delivered = bodyRows(grid(page, 'Deliveries')).filter({ hasText: 'Delivered' })
    await expect(async () => {
      await page.getByRole('button', { name: 'Refresh' }).click()
      await expect(delivered.filter({ hasText: 'Verified' })).toHaveCount(1, { timeout: 1_000 })
    }).toPass({ timeout: 30_000 })
    await delivered.first().click()
    await expect(drawer(page).getByText(/ · 204 · /)).toBeVisible()
    await expect(drawer(page).getByRole('group', { name: 'Body' })).toContainText('order')

    // What came after the oldest message comes again, with the ids it had.
    await drawer(page).getByRole('button', { name: 'Close' }).click()
    await delivered.last().click()
    const seen = receiver.messages.length
    const ids = receiver.messages.map((m) => m.headers['webhook-id'])
    await drawer(page).getByRole('button', { name: 'Deliver again after this…' }).click()
    const again = page.getByRole('dialog', { name: 'Deliver again what came after this message?' })
    await again.getByRole('button', { name: 'Replay' }).click()
    await expect(page.getByText('Replay started')).toBeVisible()
    await expect.poll(() => receiver.messages.length, { timeout: 30_000 }).toBeGreaterThan(seen)
    expect(ids).toContain(receiver.messages[seen]?.headers['webhook-id'])
    await drawer(page).getByRole('button', { name: 'Close' }).click()

    await page.getByRole('button', { name: 'Rotate secret…' }).click()
    const asked = page.getByRole('dialog', { name: 'Make a new secret?' })
    await asked.getByRole('button', { name: 'Rotate secret' }).click()
    const second = await shown.getByText(/^whsec_/).innerText()
    expect(second).not.toBe(secret)
    await shown.getByRole('button', { name: 'I have copied it' }).click()

    await page.getByRole('button', { name: 'Replay…' }).click()
    const replay = page.getByRole('dialog', { name: 'Deliver again' })
    await replay.getByRole('textbox', { name: 'After cursor' }).fill('yesterday')
    await replay.getByRole('button', { name: 'Replay' }).click()
    await expect(page.getByText('This is not a cursor of an order change.')).toBeVisible()

    await page.getByRole('button', { name: 'Disable…' }).click()
    await page.getByRole('dialog', { name: 'Disable this webhook?' }).getByRole('button', { name: 'Disable' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Disabled')
    await page.getByRole('button', { name: 'Enable', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Enabled')

    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('dialog', { name: 'Delete this webhook?' }).getByRole('button', { name: 'Delete' }).click()
    await expect(page.getByText('Webhook deleted')).toBeVisible()
    await expect(grid(page, 'Webhooks').getByText(receiver.url)).toHaveCount(0)
  } finally {
    people.restore()
    receiver.stop()
  }
})
