import { completeJobHasRun } from './demo'
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
