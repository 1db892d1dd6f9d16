import { ActionIcon, Button, Menu, TextInput, Tooltip } from '@mantine/core'
import { IconBookmark, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { readStored, writeStored } from '../lib/storage'
import { t } from '../lib/texts'
import classes from './SavedFilters.module.css'

interface Saved {
  name: string
  search: object
}

/** Filters kept in this browser, by name. */
export function SavedFilters(props: { name: string; search: object; apply: (search: object) => void }) {
  const [saved, setSaved] = useState<Saved[]>(() => readStored(`filters.${props.name}`, []))
  const [name, setName] = useState('')
  const keep = (list: Saved[]) => {
    setSaved(list)
    writeStored(`filters.${props.name}`, list)
  }
  return (
    <Menu position="bottom-end" closeOnItemClick={false} trapFocus={false}>
      <Menu.Target>
        <Tooltip label={t.table.savedFilters}>
          <ActionIcon variant="subtle" color="gray" aria-label={t.table.savedFilters}>
            <IconBookmark size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.box}>
          {saved.length === 0 && <p className="dim">{t.table.noSaved}</p>}
          <ul className={classes.list}>
            {saved.map((s) => (
              <li key={s.name}>
                <Button variant="subtle" color="gray" justify="start" flex={1} onClick={() => props.apply(s.search)}>
                  {s.name}
                </Button>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t.table.removeSaved(s.name)}
                  onClick={() => keep(saved.filter((other) => other.name !== s.name))}
                >
                  <IconX size={14} />
                </ActionIcon>
              </li>
            ))}
          </ul>
          <form
            className={classes.form}
            onSubmit={(event) => {
              event.preventDefault()
              const title = name.trim()
              if (!title) return
              keep([...saved.filter((s) => s.name !== title), { name: title, search: props.search }])
              setName('')
            }}
          >
            <TextInput
              aria-label={t.table.filterName}
              placeholder={t.table.filterName}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" disabled={!name.trim()}>
              {t.common.save}
            </Button>
          </form>
        </div>
      </Menu.Dropdown>
    </Menu>
  )
}
