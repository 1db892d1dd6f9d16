import { NativeSelect, TextInput } from '@mantine/core'
import { t } from '../../lib/texts'
import type { EntityTypeFieldsFragment } from './entityTypes.generated'
import { isDay, toInputType, type Draft } from './draft'
import type { Fault } from './fault'
import { FileField } from './FileField'
import { ResourcePicker } from '../../graphql/ResourcePicker'

type Property = EntityTypeFieldsFragment['properties'][number]

/** A field for each property: its kind decides which. */
export function PropertyFields(props: {
  properties: Property[]
  draft: Draft
  onChange: (property: string, value: string) => void
  fault: Fault | null
  /** Instants of which only the day is asked, with what to say about it. */
  days?: Readonly<Record<string, string>>
  /** Names of what navigations point to when the form opens, by property. */
  names?: Readonly<Record<string, string>>
}) {
  const { draft, days = {}, names = {} } = props
  return props.properties.map((p) => {
    const set = (value: string) => props.onChange(p.identifier, value)
    const common = {
      label: p.displayName,
      value: draft[p.identifier] ?? '',
      error: props.fault?.field === p.identifier ? props.fault.message : undefined,
    }
    if (p.type === 'BOOL')
      return (
        <NativeSelect
          key={p.id}
          {...common}
          data={[
            { value: '', label: '' },
            { value: 'true', label: t.common.yes },
            { value: 'false', label: t.common.no },
          ]}
          onChange={(event) => set(event.currentTarget.value)}
        />
      )
    if (p.type === 'BINARY')
      return <FileField key={p.id} label={common.label} value={common.value} error={common.error} onChange={set} />
    if (p.type === 'FOREIGN_KEY' && !p.isCollection && p.targetEntityType)
      return (
        <ResourcePicker
          key={p.id}
          {...common}
          entityType={p.targetEntityType}
          name={names[p.identifier]}
          onChange={set}
        />
      )
    return (
      <TextInput
        key={p.id}
        {...common}
        type={days[p.identifier] === undefined && !isDay(common.value) ? toInputType(p.type) : 'date'}
        step={p.type === 'DOUBLE' ? 'any' : undefined}
        description={days[p.identifier] || (p.type === 'FOREIGN_KEY' ? t.person.keysHint : undefined)}
        onChange={(event) => set(event.currentTarget.value)}
      />
    )
  })
}
