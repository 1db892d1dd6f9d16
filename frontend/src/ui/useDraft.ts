import { useState } from 'react'
import { readDraft, writeDraft } from '../lib/storage'

/**
 * The text begun for one item. It is there again whenever the item is shown in this tab: after another item, a dialog that was
 * closed, a refused attempt, a reload. Setting it to nothing ends it.
 */
export function useDraft(item: string): [text: string, set: (text: string) => void] {
  const [draft, setDraft] = useState(() => ({ item, text: readDraft(item) }))
  const text = draft.item === item ? draft.text : readDraft(item)
  const set = (next: string) => {
    writeDraft(item, next)
    setDraft({ item, text: next })
  }
  return [text, set]
}
