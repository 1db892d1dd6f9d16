import { useCallback, useState } from 'react'
import { useMe } from '../../graphql/SessionContext'
import { readBasket, writeBasket, type Basket } from './basket'

/** The basket of whoever is signed in, kept in this tab. */
export function useBasket(): [basket: Basket, change: (how: (basket: Basket) => Basket) => void] {
  const { username } = useMe()
  const [basket, setBasket] = useState(() => readBasket(username))
  const change = useCallback(
    (how: (basket: Basket) => Basket) =>
      setBasket((old) => {
        const next = how(old)
        writeBasket(username, next)
        return next
      }),
    [username],
  )
  return [basket, change]
}
