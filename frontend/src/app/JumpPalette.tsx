import { Modal, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate, type NavigateOptions } from '@tanstack/react-router'
import { useEffect, useId, useState } from 'react'
import { useSession } from '../graphql/SessionContext'
import { useReading } from '../graphql/useReading'
import { matches } from '../lib/match'
import { t } from '../lib/texts'
import { cx } from '../ui/cx'
import classes from './JumpPalette.module.css'
import { SearchDocument } from './search.generated'
import { useListedPages } from './useListedPages'

interface Entry {
  id: string
  group: string
  label: string
  detail: string
  run: () => void
}

/** Ctrl K: people, orders, pages and actions by name. */
export function JumpPalette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const session = useSession()
  const navigate = useNavigate()
  const list = useId()
  const [text, setText] = useState('')
  const [asked, setAsked] = useState('')
  const [active, setActive] = useState(0)
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 150)
    return () => clearTimeout(timer)
  }, [text])
  const [{ data }] = useReading({ query: SearchDocument, variables: { text: asked }, pause: asked.length < 2 })

  const go = (options: NavigateOptions) => () => void navigate(options)
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
  const hits: Entry[] =
    text.trim().length < 2
      ? []
      : (data?.search ?? []).map((hit) => ({
          id: `${hit.kind} ${hit.id}`,
          group: t.app.jumpFound,
          label: hit.label,
          detail: hit.detail,
          run: go(target(hit.kind, hit.id)),
        }))
  const wanted = text.trim()
  const matching = [...pages, ...actions].filter((e) => matches(wanted, e.label))
  const entries = [...hits, ...matching]
  const chosen = Math.min(active, Math.max(0, entries.length - 1))
  const take = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    entry.run()
  }

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      centered={false}
      yOffset="12vh"
      padding={0}
      size={560}
      attributes={{ content: { 'aria-label': t.app.jumpTitle } }}
    >
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        className={classes.input}
        leftSection={<IconSearch size={17} aria-hidden />}
        placeholder={t.app.jump}
        aria-label={t.app.jumpTitle}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={entries.length ? `${list}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            const step = event.key === 'ArrowDown' ? 1 : -1
            const next = (chosen + step + entries.length) % Math.max(1, entries.length)
            setActive(next)
            document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' })
          } else if (event.key === 'Enter') {
            event.preventDefault()
            take(entries[chosen])
          }
        }}
      />
      <div id={list} role="listbox" aria-label={t.app.jumpTitle} className={classes.list}>
        {entries.map((entry, index) => (
          <div key={entry.id}>
            {entry.group !== entries[index - 1]?.group && (
              <p className={classes.group} role="presentation">
                {entry.group}
              </p>
            )}
            <div
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === chosen}
              className={cx(classes.entry, index === chosen && classes.chosen)}
              onMouseMove={() => setActive(index)}
              onClick={() => take(entry)}
            >
              <span>{entry.label}</span>
              <span className="dim cut">{entry.detail}</span>
            </div>
          </div>
        ))}
        {entries.length === 0 && <p className={classes.none}>{t.app.jumpEmpty}</p>}
      </div>
      <p className={classes.foot}>{t.app.jumpHint}</p>
    </Modal>
  )
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
