import { useMemo } from 'react'
import { useMe } from '../graphql/SessionContext'
import { listedPages, type ListedPage } from './pages'

/** The pages that the signed-in person may open, in the order of the navigation. */
export function useListedPages(): ListedPage[] {
  const me = useMe()
  return useMemo(() => listedPages.filter((page) => page.may(me)), [me])
}
