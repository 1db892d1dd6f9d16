import { Select, type ComboboxItem } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState, type ReactNode } from 'react'
import { t } from '../lib/texts'
import { amount } from '../lib/texts/plural'
import { FindResourcesDocument } from './ResourcePicker.generated'
import classes from './ResourcePicker.module.css'
import { useReading } from './useReading'

/** Finds one resource by name or key, among as many as there are: the server searches. Its value is the key. */
export function ResourcePicker(props: {
  label: string
  /** The label is for readers of the screen only: what stands around says it. */
  hideLabel?: boolean
  entityType: string
  value: string
  /** The name of what `value` points to when the form opens. */
  name?: string
  error?: ReactNode
  description?: ReactNode
  /** Its key, its id when it was found here, and its name; all empty: none. */
  onChange: (key: string, id: string, name: string) => void
}) {
  const { value } = props
  const [chosen, setChosen] = useState({ key: value, name: props.name ?? value })
  const [search, setSearch] = useState(value && chosen.name)
  const [isOpen, setOpen] = useState(false)
  const [typed] = useDebouncedValue(search.trim(), 150)
  // Until something else is typed, the field holds the name of what is chosen.
  const text = typed && typed !== chosen.name ? typed : undefined
  const [{ data, fetching, error }] = useReading({
    query: FindResourcesDocument,
    variables: { entityType: props.entityType, text },
    pause: !isOpen,
    requestPolicy: 'cache-and-network',
  })
  const found = data?.resources.nodes ?? []
  const options = found.map((r) => ({ value: r.key, label: r.displayName }))
  if (value && !options.some((o) => o.value === value)) options.unshift({ value, label: chosen.name })
  const more = (data?.resources.totalCount ?? 0) - found.length
  const last: ComboboxItem = {
    value: ' more',
    label: t.person.pickMore(amount(more, data?.resources.totalCountIsEstimate)),
    disabled: true,
  }

  return (
    <Select
      label={props.hideLabel ? undefined : props.label}
      aria-label={props.hideLabel ? props.label : undefined}
      description={props.description}
      error={props.error}
      placeholder={t.person.pick}
      searchable
      clearable
      data={more > 0 ? [...options, last] : options}
      value={value || null}
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options: all }) => all}
      nothingFoundMessage={
        error ? t.problem.what.UNREACHABLE : fetching || !data ? t.common.loading : t.person.pickNothing
      }
      maxDropdownHeight={260}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <span className="cut">{option.label}</span>
          {!option.disabled && option.value !== option.label && <span className="mono dim">{option.value}</span>}
        </span>
      )}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      onKeyDown={(event) => {
        // Escape closes the list of names first, not the drawer around it.
        if (event.key === 'Escape' && isOpen) event.stopPropagation()
      }}
      onChange={(key, option) => {
        setChosen({ key: key ?? '', name: option?.label ?? '' })
        props.onChange(key ?? '', found.find((r) => r.key === key)?.id ?? '', option?.label ?? '')
      }}
    />
  )
}
