import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCan } from '../../graphql/SessionContext'
import type { ApiKeyKind, ApiKeyState } from '../../graphql/types.generated'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { ApiKeyTable } from './ApiKeyTable'
import type { KeySearch } from './keySearch'

const route = getRouteApi('/shell/access/keys')

const options = <Word extends string>(words: Record<Word, string>) =>
  (Object.keys(words) as Word[]).map((value) => ({ value, label: words[value] }))

/** Every key there is, whose, and when it was used. */
export function KeysTab() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { can } = useCan()
  const set = (change: KeySearch) =>
    void navigate({ to: '/access/keys', search: { ...search, ...change }, replace: true })
  return (
    <ApiKeyTable
      label={t.apiKey.all}
      name="api-keys"
      filter={search}
      mayRevoke={can(permissions.accessUpdate)}
      empty={{ title: t.apiKey.emptyAll, hint: t.apiKey.emptyAllHint }}
      onClear={
        Object.keys(search).length ? () => void navigate({ to: '/access/keys', search: {}, replace: true }) : undefined
      }
      filters={
        <>
          <SearchFilter
            label={t.apiKey.search}
            placeholder={t.apiKey.search}
            value={search.text}
            onChange={(text) => set({ text })}
          />
          <SelectFilter<ApiKeyState>
            label={t.apiKey.state}
            any={t.apiKey.anyState}
            value={search.state}
            options={options(t.apiKey.states)}
            onChange={(state) => set({ state })}
          />
          <SelectFilter<ApiKeyKind>
            label={t.apiKey.kind}
            any={t.apiKey.anyKind}
            value={search.kind}
            options={options(t.apiKey.kinds)}
            onChange={(kind) => set({ kind })}
          />
        </>
      }
    />
  )
}
