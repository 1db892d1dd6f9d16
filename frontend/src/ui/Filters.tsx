import { Button, Menu, NativeSelect, TextInput } from '@mantine/core'
import { IconChevronDown, IconSearch, IconX } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { t } from '../lib/texts'
import classes from './Filters.module.css'

/** A search field that waits for the typing to pause. `/` puts the cursor here. */
export function SearchFilter(props: {
  label: string
  placeholder: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const { value = '', onChange } = props
  const [draft, setDraft] = useState(value)
  const [shown, setShown] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  if (value !== shown) {
    // The address changed by another way: follow it.
    setShown(value)
    setDraft(value)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const send = (text: string) => {
    clearTimeout(timer.current)
    setShown(text.trim())
    onChange(text.trim() || undefined)
  }
  return (
    <TextInput
      data-list-search
      type="search"
      className={classes.search}
      aria-label={props.label}
      placeholder={props.placeholder}
      leftSection={<IconSearch size={14} aria-hidden />}
      value={draft}
      onChange={(event) => {
        const text = event.currentTarget.value
        setDraft(text)
        clearTimeout(timer.current)
        timer.current = setTimeout(() => send(text), 250)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          // On to what was found: j, k and the arrows work there.
          send(draft)
          document.querySelector<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true })
        }
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}

/** One of a few. */
export function SelectFilter<T extends string>(props: {
  label: string
  /** The word for "no filter". */
  any?: string
  value: T | undefined
  /** It narrows the list: it stays in sight where there is little room. Not given: any value but `any` does. */
  isSet?: boolean
  options: { value: T; label: string }[]
  onChange: (value: T | undefined) => void
}) {
  const isSet = props.isSet ?? (props.any !== undefined && props.value !== undefined)
  return (
    <NativeSelect
      className={classes.select}
      aria-label={props.label}
      wrapperProps={{ 'data-set': isSet || undefined }}
      value={props.value ?? ''}
      data={[...(props.any === undefined ? [] : [{ value: '', label: props.any }]), ...props.options]}
      onChange={(event) => props.onChange((event.currentTarget.value || undefined) as T | undefined)}
    />
  )
}

/** Some of several, as a menu of check marks. */
export function ManyFilter<T extends string>(props: {
  label: string
  values: T[] | undefined
  options: { value: T; label: string }[]
  onChange: (values: T[] | undefined) => void
}) {
  const { label, values = [], options, onChange } = props
  const first = options.find((o) => o.value === values[0])?.label ?? values[0]
  return (
    <Menu position="bottom-start" closeOnItemClick={false}>
      <Menu.Target>
        <Button
          variant="default"
          className={values.length ? classes.set : undefined}
          data-set={values.length > 0 || undefined}
          rightSection={<IconChevronDown size={13} aria-hidden />}
        >
          {values.length === 0 ? label : `${label}: ${first}${values.length > 1 ? ` +${values.length - 1}` : ''}`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {options.map((o) => {
          const on = values.includes(o.value)
          return (
            <Menu.Item
              key={o.value}
              role="menuitemcheckbox"
              aria-checked={on}
              leftSection={<span aria-hidden>{on ? '✓' : '\u2003'}</span>}
              onClick={() => {
                const next = on ? values.filter((v) => v !== o.value) : [...values, o.value]
                onChange(next.length ? next : undefined)
              }}
            >
              {o.label}
            </Menu.Item>
          )
        })}
        {values.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChange(undefined)}>{t.common.clear}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

/** Shown when any filter is set. */
export function ClearFilters({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="subtle" color="gray" data-set leftSection={<IconX size={13} aria-hidden />} onClick={onClick}>
      {t.common.clear}
    </Button>
  )
}
