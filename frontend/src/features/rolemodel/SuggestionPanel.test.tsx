import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { Surroundings } from '../../test/render'
import { SuggestionPanel } from './SuggestionPanel'

const sales = { dimension: 'Department', dimensionName: 'Department', key: 'D1', label: 'Sales', inherit: true }
const lisbon = { dimension: 'Site', dimensionName: 'Site', key: 'LIS', label: 'Lisbon', inherit: false }

const answer = {
  objectKind: 'singleRole',
  object: 'Phone_Book',
  objectName: 'Phone book',
  list: 'rules',
  property: null,
  resource: null,
  found: 9,
  suggestions: [
    { criteria: [sales], explains: 9, besides: 0, matches: 9 },
    { criteria: [sales, lisbon], explains: 7, besides: 1, matches: 8 },
  ],
}

const draw = (found: Partial<typeof answer>, readOnly = false) => {
  const onChoose = vi.fn()
  render(
    <Surroundings>
      <SuggestionPanel
        suggestions={{ answer: { ...answer, ...found }, error: undefined, isSettled: true, read: vi.fn() }}
        value={[{ dimension: 'Department', key: 'D1', inherit: true }]}
        readOnly={readOnly}
        onChoose={onChoose}
      />
    </Surroundings>,
  )
  return onChoose
}

test('each proposal says whom it explains and who else would get it; the one that is written is marked, another is used', async () => {
  const onChoose = draw({})
  screen.getByText('9 people have it without a rule.')
  const [first, second] = screen.getAllByRole('listitem')
  expect(first).toHaveTextContent('Department is Sales or below')
  expect(first).toHaveTextContent('explains 9 of 9, and nobody else would get it')
  expect(within(first as HTMLElement).getByRole('button', { pressed: true })).toHaveTextContent('In use')
  expect(second).toHaveTextContent('Department is Sales or below and Site is Lisbon')
  expect(second).toHaveTextContent('explains 7 of 9, and 1 other person would get it')
  await userEvent.click(within(second as HTMLElement).getByRole('button', { name: 'Use it' }))
  expect(onChoose).toHaveBeenCalledWith([
    { dimension: 'Department', key: 'D1', inherit: true },
    { dimension: 'Site', key: 'LIS', inherit: false },
  ])
})

test('whoever may only read chooses nothing; what nobody has any more is said', () => {
  draw({}, true)
  expect(screen.getByRole('button', { name: 'Use it' })).toBeDisabled()
  draw({ found: 0, suggestions: [] })
  screen.getByText('Nobody whom you may see has it without a rule any more.')
  draw({ suggestions: [] })
  screen.getByText('No criterion holds for any of them. Write the rule by hand.')
})
