import { TextInput } from '@mantine/core'
import { t } from '../../lib/texts'
import type { Draft } from './draft'
import type { Fault } from './fault'
import { PropertyFields } from './PropertyFields'
import { askedDays, askedProperties, type RecordKind } from './record'

/** The fields of a new record, its key last: it is proposed. */
export function RecordFields(props: {
  kind: RecordKind
  draft: Draft
  recordKey: string
  fault: Fault | null
  onChange: (property: string, value: string) => void
  onKey: (key: string) => void
}) {
  const { kind, fault } = props
  return (
    <>
      <PropertyFields
        properties={askedProperties(kind)}
        draft={props.draft}
        fault={fault}
        days={askedDays(kind)}
        onChange={props.onChange}
      />
      <TextInput
        label={kind.type.properties.find((p) => p.isKey)?.displayName ?? t.person.key}
        required
        value={props.recordKey}
        maxLength={400}
        error={fault?.field === 'key' ? fault.message : undefined}
        onChange={(event) => props.onKey(event.currentTarget.value)}
      />
    </>
  )
}
