import { completeJobHasRun } from './demo'
import { faults, settled } from './look'
import { bodyRows, drawer, grid } from './parts'
import { expect, test } from './signIn'

test.beforeAll(async ({ request }) => {
  test.setTimeout(150_000)
  await completeJobHasRun(request)
})

test('a risk is listed, with who has it, what makes it up, and the way from the person to it', async ({
  page,
  signIn,
}) => {
  await signIn('admin', '/risks')
  await bodyRows(grid(page, 'Risks')).filter({ hasText: 'Payment entry and approval' }).click()
  await expect(drawer(page).getByText('Groups of Intranet user: Payment approval')).toBeVisible()
  await drawer(page).getByRole('link', { name: '1 person' }).click()

  await bodyRows(grid(page, 'Who has them')).filter({ hasText: 'E10052' }).click()
  await expect(
    drawer(page).getByText('Payment entry: given to everybody who has the role Payment entry.'),
  ).toBeVisible()
  await expect(drawer(page).getByText('The account has it, and no rule gives it.')).toBeVisible()

  await drawer(page)
    .getByRole('link', { name: /E10052/ })
    .click()
  const note = page.getByRole('group', { name: 'Risks' })
  await expect(note).toContainText('1 risk')
  await note.getByRole('link', { name: 'Payment entry and approval' }).click()
  await expect(drawer(page).getByText('Keep one of the two.', { exact: false })).toBeVisible()
})

test('the matrix says who has both of a pair and who could, by keys and as a list', async ({ page, signIn }) => {
  await signIn('admin', '/risks/matrix')
  const cell = page.getByRole('button', { name: /^Payment approval with Payment entry: 1 person has both/ }).first()
  await cell.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const people = drawer(page).getByRole('region', { name: 'Have both: 1 person' })
  await expect(people.getByRole('link', { name: 'Gabriel Otto' })).toBeVisible()
  await expect(
    drawer(page).getByText('They have one of the two, and can ask for the other', { exact: false }),
  ).toBeVisible()
  await settled(page)
  expect(await faults(page, 'matrix of risks')).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('v')
  await expect(page.getByRole('table', { name: 'Matrix' })).toContainText('Personnel files')
  expect(await faults(page, 'matrix of risks, as a list')).toEqual([])
})

test('a risk that blocks keeps a role back that a rule gives', async ({ page, signIn }) => {
  await signIn('admin', '/risks/blocked')
  const row = bodyRows(grid(page, 'Kept back')).filter({ hasText: 'E10068' })
  await expect(row).toContainText('Source code')
  await expect(row).toContainText('Source code and personnel files')
})

test('a risk is attached by hand, stands with its reason, and is detached', async ({ page, signIn }) => {
  await signIn('admin', '/risks')
  await bodyRows(grid(page, 'Risks')).filter({ hasText: 'Source code and personnel files' }).click()
  await drawer(page).getByRole('button', { name: 'Attach by hand…' }).click()
  const ask = page.getByRole('dialog', { name: 'Attach Source code and personnel files to somebody?' })
  await ask.getByRole('combobox', { name: 'Who has it' }).fill('E10093')
  await page.getByRole('option', { name: /E10093/ }).click()
  await ask.getByLabel('Reason').fill('Has the files on paper')
  expect(await faults(page, 'attaching a risk')).toEqual([])
  await ask.getByRole('button', { name: 'Attach', exact: true }).click()
  await expect(page.getByText('The risk is attached to Max Garnier.')).toBeVisible()

  await page.goto('/risks/identified?by=hand')
  await bodyRows(grid(page, 'Who has them')).filter({ hasText: 'E10093' }).click()
  await expect(drawer(page).getByText('Has the files on paper')).toBeVisible()
  await expect(drawer(page).getByText('Nothing computes it', { exact: false })).toBeVisible()
  await drawer(page).getByRole('button', { name: 'Detach…' }).click()
  const undo = page.getByRole('dialog', { name: /^Detach Source code and personnel files/ })
  await undo.getByLabel('Reason').fill('A mistake')
  await undo.getByRole('button', { name: 'Detach', exact: true }).click()
  await expect(bodyRows(grid(page, 'Who has them')).filter({ hasText: 'E10093' })).toHaveCount(0)
})

test('what a risk is about is chosen by name', async ({ page, signIn }) => {
  await signIn('admin', '/model/edit/risk/Payments')
  const item = page.getByRole('group', { name: 'Items 1' })
  await expect(item.getByRole('combobox', { name: 'Resource type' })).toHaveValue('Intranet user')
  await expect(item.getByRole('combobox', { name: 'Property' })).toHaveValue('Groups')
  await expect(item.getByRole('combobox', { name: 'Value' })).toHaveValue('Payment entry')
})
