import { t } from '../lib/texts'
import { useKeys } from './keys'

/** The keys of a list: rows, open, select, search. What is left out has no key. */
export function useTableKeys(list: {
  move: (by: number) => void
  open?: () => void
  select?: (range: boolean) => void
}) {
  const { move, open, select } = list
  useKeys([
    { key: 'j', label: t.keys.next, run: () => move(1) },
    { key: 'k', label: t.keys.previous, run: () => move(-1) },
    ...(open ? [{ key: 'Enter', label: t.keys.open, run: open }] : []),
    ...(select ? [{ key: 'x', label: t.keys.select, run: (e: KeyboardEvent) => select(e.shiftKey) }] : []),
    {
      key: '/',
      label: t.keys.search,
      run: () => document.querySelector<HTMLInputElement>('[data-list-search] input, input[data-list-search]')?.focus(),
    },
  ])
}
