import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate, type NavigateOptions } from '@tanstack/react-router'
import { useEffect, useId, useState, useSyncExternalStore } from 'react'
import { useMe, useSession } from '../graphql/SessionContext'
import { useReading } from '../graphql/useReading'
import { matches } from '../lib/match'
import { t } from '../lib/texts'
import classes from './JumpPalette.module.css'
import { keepRecent, readRecent, type Recent } from './recent'
import { SearchDocument } from './search.generated'
import { useListedPages } from './listed'

interface Entry {
  id: string
  group: string
  label: string
  detail: string
  run: () => void
}

/** Ctrl K: people, orders, pages and actions by name; before anything is typed, what one went to last. */
export function JumpPalette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const session = useSession()
  const me = useMe()
  const navigate = useNavigate()
  const list = useId()
  const [store] = useState(openedStore)
  const { query } = useSyncExternalStore(store.subscribe, store.getState)
  // The store does not tell when keys move what is selected.
  const [selected, setSelected] = useState(0)
  const follow = () => queueMicrotask(() => setSelected(store.getState().selected))
  const wanted = query.trim()
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), 150)
    return () => clearTimeout(timer)
  }, [wanted])
  const [{ data }] = useReading({ query: SearchDocument, variables: { text: asked }, pause: asked.length < 2 })
  const [recent] = useState(() => readRecent(me.username))

  const go = (options: NavigateOptions) => () => void navigate(options)
  const found = (group: string) => (hit: Recent) => ({
    id: `${group} ${hit.kind} ${hit.id}`,
    group,
    label: hit.label,
    detail: hit.detail,
    run: () => {
      keepRecent(me.username, hit)
      go(target(hit.kind, hit.id))()
    },
  })
  const pages: Entry[] = useListedPages().map(({ path, label, title }) => ({
    id: path,
    group: t.app.jumpPages,
    label: title ?? label,
    detail: '',
    run: go({ to: path }),
  }))
  const actions: Entry[] = [
    { id: 'keys', group: t.app.jumpActions, label: t.app.keys, detail: '', run: onKeys },
    { id: 'out', group: t.app.jumpActions, label: t.app.signOut, detail: '', run: () => void session.logout() },
  ]
  const hits = wanted.length < 2 ? [] : (data?.search ?? []).map(found(t.app.jumpFound))
  const entries = [
    ...(wanted === '' ? recent.map(found(t.app.jumpRecent)) : hits),
    ...[...pages, ...actions].filter((e) => matches(wanted, e.label)),
  ]
  const groups = [...new Set(entries.map((e) => e.group))]
  const chosen = Math.max(0, Math.min(selected, entries.length - 1))

  // One is always chosen: Enter opens it, also when what was found comes after the last key.
  const drawn = entries.map((e) => e.id).join('\n')
  useEffect(() => {
    document
      .getElementById(list)
      ?.querySelectorAll('[data-action]')
      .forEach((action, index) => action.toggleAttribute('data-selected', index === chosen))
    if (store.getState().selected !== chosen) store.updateState((state) => ({ ...state, selected: chosen }))
  }, [store, list, drawn, chosen])

  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      onSpotlightClose={onClose}
      size={560}
      centered={false}
      yOffset="12vh"
      overlayProps={{ backgroundOpacity: 0.6, blur: 0 }}
      transitionProps={{ duration: 120 }}
      zIndex={200}
      attributes={{ content: { 'aria-label': t.app.jumpTitle } }}
    >
      <Spotlight.Search
        data-autofocus
        onKeyDown={follow}
        onChange={() => setSelected(0)}
        size="md"
        leftSection={<IconSearch size={17} aria-hidden />}
        placeholder={t.app.jump}
        aria-label={t.app.jumpTitle}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={entries.length ? `${list}-${chosen}` : undefined}
      />
      <Spotlight.ActionsList className={classes.list} {...scrolledByKeys}>
        <div id={list} role="listbox" aria-label={t.app.jumpTitle}>
          {groups.map((group) => (
            <Spotlight.ActionsGroup key={group} label={group} role="group" aria-label={group}>
              {entries.map(
                (entry, index) =>
                  entry.group === group && (
                    <Spotlight.Action
                      key={entry.id}
                      ref={(action: HTMLButtonElement | null) => {
                        if (action) action.id = `${list}-${index}`
                      }}
                      role="option"
                      aria-selected={index === chosen}
                      data-selected={index === chosen || undefined}
                      className={classes.entry}
                      onClick={entry.run}
                    >
                      <span>{entry.label}</span>
                      <span className="dim cut">{entry.detail}</span>
                    </Spotlight.Action>
                  ),
              )}
            </Spotlight.ActionsGroup>
          ))}
        </div>
        {entries.length === 0 && <Spotlight.Empty>{t.app.jumpEmpty}</Spotlight.Empty>}
      </Spotlight.ActionsList>
      <Spotlight.Footer className={classes.foot}>{t.app.jumpHint}</Spotlight.Footer>
    </Spotlight.Root>
  )
}

/** Goes through to the scroll area: what scrolls can be reached without a mouse. */
const scrolledByKeys = { viewportProps: { tabIndex: 0 } }

/** A palette of its own for each time it opens, open from the first frame on: what is typed right after Ctrl K lands in it. */
function openedStore() {
  const [store] = createSpotlight()
  store.updateState((state) => ({ ...state, opened: true, selected: 0 }))
  return store
}

/** Where a hit leads. Kinds are those of the server's search; one unknown here leads to the lists. */
function target(kind: string, id: string): NavigateOptions {
  switch (kind.toLowerCase()) {
    case 'order':
      return { to: '/order/$orderId', params: { orderId: id } }
    case 'job':
      return { to: '/jobs/$job', params: { job: id } }
    case 'job_instance':
      return { to: '/runs/$id', params: { id } }
    case 'connector':
      return { to: '/systems/$connector', params: { connector: id } }
    case 'role':
      return { to: '/model/roles', search: { text: id } }
    case 'resource_type':
      return { to: '/model/resource-types', search: { text: id } }
    default:
      return { to: '/person/$id', params: { id } }
  }
}
