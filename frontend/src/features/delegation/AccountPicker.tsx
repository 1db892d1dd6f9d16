import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { DelegationTargetsDocument } from './delegation.generated'
import classes from './Delegation.module.css'

export interface Account {
  id: string
  name: string
}

/** Finds an account by name. */
export function AccountPicker(props: {
  label: string
  asDelegator?: boolean
  value: Account | null
  placeholder?: string
  error?: string
  required?: boolean
  onChange: (account: Account | null) => void
}) {
  const { value } = props
  const [search, setSearch] = useState('')
  const typed = value && search === value.name ? '' : search.trim()
  const [text] = useDebouncedValue(typed, 150)
  const [{ data, fetching, error }] = useReading({
    query: DelegationTargetsDocument,
    variables: { first: 20, filter: { asDelegator: props.asDelegator, text: text || undefined } },
    requestPolicy: 'cache-and-network',
  })
  const found = data?.delegationTargets.nodes ?? []
  const shown =
    value && !found.some((a) => a.id === value.id) ? [{ ...value, username: '', person: null }, ...found] : found
  return (
    <Select
      label={props.label}
      required={props.required}
      placeholder={props.placeholder}
      error={props.error}
      searchable
      clearable
      data={shown.map((a) => ({ value: a.id, label: a.name }))}
      value={value?.id ?? null}
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options }) => options}
      nothingFoundMessage={
        error ? t.problem.what.UNREACHABLE : fetching || !data ? t.delegation.loadingPeople : t.delegation.nobodyFound
      }
      maxDropdownHeight={280}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <span className="cut">{option.label}</span>
          <span className="mono dim">{found.find((a) => a.id === option.value)?.username}</span>
        </span>
      )}
      onChange={(id) => {
        const account = shown.find((a) => a.id === id)
        props.onChange(account ? { id: account.id, name: account.name } : null)
      }}
    />
  )
}
