import { Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../../lib/texts'
import { useProperties } from './useProperties'

/** Names a property of an entity type. */
export function PropertyPicker(props: {
  label: string
  entityType: string
  value: string
  wanted?: 'scalar' | 'navigation'
  required?: boolean
  error?: ReactNode
  disabled?: boolean
  onChange: (identifier: string) => void
}) {
  const { entityType, wanted, value, onChange, ...common } = props
  const properties = useProperties(entityType)
  if (properties.length === 0)
    return <TextInput {...common} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
  const data = properties
    .filter((p) => !wanted || (wanted === 'navigation') === (p.type === 'FOREIGN_KEY'))
    .map((p) => ({ value: p.identifier, label: p.displayName }))
  if (value && !data.some((o) => o.value === value)) data.unshift({ value, label: value })
  return (
    <Select
      {...common}
      searchable
      clearable={!props.required}
      placeholder={t.edit.choose}
      data={data}
      value={value || null}
      maxDropdownHeight={260}
      onChange={(next) => onChange(next ?? '')}
    />
  )
}
