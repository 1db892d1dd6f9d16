import type { ApiKeyKind, ApiKeyState } from '../../graphql/types.generated'
import { compact, oneOf, text, type RawSearch } from '../../lib/search'
import { t } from '../../lib/texts'

export interface KeySearch {
  text?: string
  state?: ApiKeyState
  kind?: ApiKeyKind
}

export function parseKeySearch(raw: RawSearch): KeySearch {
  return compact<KeySearch>({
    text: text(raw.text),
    state: oneOf(raw.state, Object.keys(t.apiKey.states) as ApiKeyState[]),
    kind: oneOf(raw.kind, Object.keys(t.apiKey.kinds) as ApiKeyKind[]),
  })
}
