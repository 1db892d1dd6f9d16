import { faults, machineWords, settled } from './look'
import { bodyRows, grid } from './parts'
import { expect, test } from './signIn'

test('a role is found, made, changed and deleted, each time after a look at the plan', async ({ page, signIn }) => {
  await signIn('admin', '/model/roles')
  const list = grid(page, 'Role catalogue')
  await expect(bodyRows(list).first()).toBeVisible()
  const tree = page.getByRole('tree', { name: 'Categories' })
  await tree.getByRole('treeitem', { name: 'All roles' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/category=/)

  await page.keyboard.press('n')
  await expect(page.getByRole('heading', { name: 'New single role' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Identifier' }).fill('no name')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Lisbon desk')
  await page.getByRole('combobox', { name: 'For' }).fill('Person')
  await page.getByRole('option', { name: /^Person/ }).click()
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('alert')).toContainText('is not an identifier')
  await page.getByRole('textbox', { name: 'Identifier' }).fill('Lisbon_Desk')
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('Lisbon desk')
  await page.getByRole('button', { name: 'Look at the plan' }).click()
  const plan = page.getByRole('region', { name: 'What changes' })
  await expect(plan).toContainText('Lisbon_Desk')
  await plan.getByRole('button', { name: 'Apply this' }).click()
  await expect(page.getByRole('heading', { name: 'Lisbon desk' })).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(list).toBeVisible()
  await page.goto('/model/roles/Lisbon_Desk')
  await expect(page.getByText('There is nothing at this address')).toBeVisible()
})

test('two people edit one role: the second is told, and keeps what he typed', async ({ page, signIn, another }) => {
  await signIn('admin', '/model/edit/compositeRole/Employee')
  const other = await another('admin', '/model/edit/compositeRole/Employee')
  await page.getByRole('textbox', { name: 'Description' }).fill('Whoever works here.')
  await other.getByRole('textbox', { name: 'Name', exact: true }).fill('Employees')
  await other.getByRole('textbox', { name: 'Description' }).fill('Everybody.')
  await other.keyboard.press('Control+Enter')
  await other.getByRole('button', { name: 'Apply this' }).click()
  await expect(other.getByRole('heading', { name: 'Employees' })).toBeVisible()

  await page.getByRole('button', { name: 'Look at the plan' }).click()
  const note = page.getByRole('alert').filter({ hasText: 'Somebody else saved it meanwhile' })
  await expect(note).toContainText('Employees')
  await expect(note).toContainText('Everybody.')
  await expect(page.getByRole('textbox', { name: 'Description' })).toHaveValue('Whoever works here.')
  await note.getByRole('button', { name: 'Use theirs' }).click()
  await expect(page.getByRole('textbox', { name: 'Description' })).toHaveValue('Everybody.')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Employee')
  await page.getByRole('textbox', { name: 'Description' }).fill('')
  await page.getByRole('button', { name: 'Look at the plan' }).click()
  await page.getByRole('button', { name: 'Apply this' }).click()
  await expect(page.getByRole('heading', { name: 'Employee', exact: true })).toBeVisible()
})

for (const address of [
  '/model/roles',
  '/model/roles/Employee',
  '/model/roles/Employee/holders',
  '/model/edit/compositeRole/Employee',
  '/model/rules/compositeRole/Employee?list=rules',
  '/model/objects/policy',
  '/model/edit/resourceType/Intranet_User',
])
  test(`${address} holds in both sizes and colours`, async ({ page, signIn }) => {
    await signIn('admin', address)
    await settled(page)
    expect(await machineWords(page)).toEqual([])
    expect(await faults(page, address, { photograph: 'test-results/model' })).toEqual([])
  })

test('a rule tells whom it matches while it is written', async ({ page, signIn }) => {
  await signIn('admin', '/model/rules/compositeRole/Employee?list=rules')
  const preview = page.getByRole('complementary', { name: 'Whom it matches' })
  await expect(preview.getByText('match', { exact: true })).toBeVisible()
  await expect(page.getByText('Everybody', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Add criterion' }).click()
  await expect(preview).toContainText('Choose a value for each criterion')
  await page.getByRole('combobox', { name: 'Dimension' }).selectOption({ label: 'Site' })
  await page.getByRole('combobox', { name: 'Site', exact: true }).click()
  await page.getByRole('option').filter({ visible: true }).first().click()
  await expect(preview.getByRole('status')).toHaveText(/^\d+ match, \d+ gained, 0 lost$/)
  await page.getByRole('button', { name: 'Look at the plan' }).click()
  await expect(page.getByRole('region', { name: 'What changes' })).toContainText('rule')
  await page.getByRole('button', { name: 'Go on editing' }).click()
  await page.getByRole('button', { name: 'Discard' }).click()
})
