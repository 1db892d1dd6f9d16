import type { Icon } from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import { createContext, useContext, useMemo } from 'react'
import type { LiveCounters } from '../graphql/live'
import type { MeFragment } from '../graphql/me.generated'
import { useMe } from '../graphql/SessionContext'

/** What the navigation, the palette and the keys say of a page. */
export interface Listed {
  group: 'top' | 'work' | 'things' | 'machinery' | 'end'
  /** In the navigation. */
  label: string
  /** In the palette, where it is called otherwise there. */
  title?: string
  icon: Icon
  /** How many wait there. */
  counter?: (counters: LiveCounters) => number
  /** The second letter after g, and what the list of keys says. */
  go?: { key: string; says: string }
}

export interface ListedPage extends Listed {
  path: string & LinkProps['to']
  may: (me: MeFragment) => boolean
  /** Brings the code of the page and its drawers. */
  preload: () => void
}

/** The pages that there are, as pages.ts lists them: what is drawn inside of pages does not import them. */
export const ListedPagesContext = createContext<ListedPage[]>([])

/** The pages that the signed-in person may open, in the order of the navigation. */
export function useListedPages(): ListedPage[] {
  const me = useMe()
  const pages = useContext(ListedPagesContext)
  return useMemo(() => pages.filter((page) => page.may(me)), [pages, me])
}
