import { completeJobHasRun, personByName, runCompleteJob } from './demo'
import { faults, machineWords, settled } from './look'
import { expect, test } from './signIn'

// Somebody has to be out now: one confirmation, everything ends, the list fills by itself, and the source brings nothing back. At the end they come back.

test('somebody is made to leave at once, the list proves it, and they come back', async ({ page, signIn, request }) => {
  test.setTimeout(300_000)
  await completeJobHasRun(request)
  const { id, displayName } = await personByName(request, 'Antoine Bernard')
  await signIn('admin', `/person/${id}/departure`)
  await expect(page.getByRole('heading', { name: 'What would end' })).toBeVisible()
  await settled(page)
  expect(await faults(page, 'what would end')).toEqual([])
  expect(await machineWords(page)).toEqual([])

  await page.getByRole('button', { name: 'Departure at once…' }).click()
  const form = page.getByRole('dialog', { name: `${displayName} leaves at once?` })
  const go = form.getByRole('button', { name: 'Departure' })
  await form.getByLabel(/^Why/).fill('police at the door')
  await expect(go).toBeDisabled()
  await form.getByLabel(/^Type/).fill(displayName)
  await settled(page)
  expect(await faults(page, 'confirming a departure')).toEqual([])
  await go.click()
  await expect(page.getByText(`${displayName} leaves. Everything ends now.`)).toBeVisible()
  const list = page.getByRole('group', { name: 'Departure' })
  await expect(list.getByText('police at the door')).toBeVisible()
  await expect(
    list
      .getByText('Done, not seen yet')
      .or(list.getByText('Verified', { exact: true }))
      .first(),
  ).toBeVisible({
    timeout: 30_000,
  })
  await settled(page)
  expect(await faults(page, 'what became of everything')).toEqual([])
  expect(await machineWords(page)).toEqual([])

  await runCompleteJob(request)
  await expect(list.getByText('Verified', { exact: true }).first()).toBeVisible({ timeout: 30_000 })
  await expect(list.getByText('To come')).toHaveCount(0, { timeout: 30_000 }) // of a ticket that was taken back the reading tells whether it was made

  await list.getByRole('button', { name: 'Bring back…' }).click()
  const back = page.getByRole('dialog', { name: `${displayName} comes back?` })
  await back.getByLabel(/^Why/).fill('a mistake')
  await back.getByRole('button', { name: 'Bring back…' }).click()
  await expect(list.getByText(/They came back since/)).toBeVisible()
  await runCompleteJob(request)
})
