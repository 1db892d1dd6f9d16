import { Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState, type ReactNode } from 'react'
import { t } from '../../lib/texts'
import classes from './Editor.module.css'
import { useRefOptions } from './useRefOptions'

/** Names another object of the configuration: found by name, kept by identifier. */
export function RefPicker(props: {
  label: string
  table: string
  value: string
  required?: boolean
  description?: ReactNode
  error?: ReactNode
  disabled?: boolean
  onChange: (identifier: string) => void
}) {
  const { value, table } = props
  const [search, setSearch] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [typed] = useDebouncedValue(search.trim(), 150)
  // Its name is looked for by its identifier until somebody types.
  const own = useRefOptions(table, value || undefined, value === '')
  const name = own.options.find((o) => o.value === value)?.label ?? value
  const text = typed && typed !== name ? typed : undefined
  const { options, known, loading } = useRefOptions(table, text, !isOpen)
  const common = {
    label: props.label,
    description: props.description,
    error: props.error,
    required: props.required,
    disabled: props.disabled,
  }
  if (!known)
    return <TextInput {...common} value={value} onChange={(event) => props.onChange(event.currentTarget.value)} />
  const data = options.map((o) => ({ value: o.value, label: o.label }))
  if (value && !data.some((o) => o.value === value)) data.unshift({ value, label: name })
  return (
    <Select
      {...common}
      searchable
      clearable={!props.required}
      placeholder={props.required ? t.edit.choose : t.edit.none}
      data={data}
      value={value || null}
      searchValue={isOpen ? search : name}
      onSearchChange={setSearch}
      filter={({ options: all }) => all}
      nothingFoundMessage={loading ? t.common.loading : t.person.pickNothing}
      maxDropdownHeight={260}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <span className="cut">{option.label}</span>
          <span className="dim cut">{options.find((o) => o.value === option.value)?.hint}</span>
        </span>
      )}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpen) event.stopPropagation()
      }}
      onChange={(next) => props.onChange(next ?? '')}
    />
  )
}
