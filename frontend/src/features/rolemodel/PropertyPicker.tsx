import { Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../../lib/texts'
import type { Holds } from './shape'
import { useProperties } from './useProperties'

const heldBy = (type: string): Holds => (type === 'FOREIGN_KEY' ? 'navigation' : type === 'BINARY' ? 'file' : 'scalar')

/** Names a property of an entity type. */
export function PropertyPicker(props: {
  label: string
  entityType: string
  value: string
  holds?: Holds
  required?: boolean
  error?: ReactNode
  disabled?: boolean
  onChange: (identifier: string) => void
}) {
  const { entityType, holds, value, onChange, ...common } = props
  const properties = useProperties(entityType)
  if (properties.length === 0)
    return <TextInput {...common} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
  const data = properties
    .filter((p) => !holds || holds === heldBy(p.type))
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
