import { fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { gql, Provider } from 'urql'
import { expect, it } from 'vitest'
import { fakeClient } from '../test/render'
import { useReading } from './useReading'

const document = gql`
  query Person($id: ID!) {
    person(id: $id)
  }
`

function Page() {
  const [id, setId] = useState('anna')
  const [{ data, error, fetching }, read] = useReading({ query: document, variables: { id, note: undefined } })
  return (
    <main>
      <h1>{id}</h1>
      <p>{(data as { person: string } | undefined)?.person ?? (error ? 'failed' : fetching ? 'loading' : 'nothing')}</p>
      {['anna', 'ben'].map((other) => (
        <button key={other} onClick={() => setId(other)}>
          show {other}
        </button>
      ))}
      <button onClick={() => read({ requestPolicy: 'network-only' })}>again</button>
    </main>
  )
}

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))

it('shows nothing of the last one under the name of the next', async () => {
  let answer = 'Anna'
  const { client, hold } = fakeClient({
    Person: ({ id }: { id: string }) => ({ person: id === 'anna' ? answer : 'Ben' }),
  })
  const release = hold('Person', 'ben')
  render(
    <Provider value={client}>
      <Page />
    </Provider>,
  )
  expect(await screen.findByText('Anna')).toBeVisible()
  press('show ben')
  expect(screen.getByRole('heading')).toHaveTextContent('ben')
  expect(screen.getByText('loading')).toBeVisible()
  await release()
  expect(await screen.findByText('Ben')).toBeVisible()
  // Back, and while the same is read again it stays.
  press('show anna')
  expect(await screen.findByText('Anna')).toBeVisible()
  const later = hold('Person', 'anna')
  answer = 'Anna Vogel'
  press('again')
  expect(screen.getByText('Anna')).toBeVisible()
  await later()
  expect(await screen.findByText('Anna Vogel')).toBeVisible()
})
