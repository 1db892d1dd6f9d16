import { ActionIcon, Checkbox, NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { formatName } from '../../lib/format'
import { t } from '../../lib/texts'
import { isOffered } from './automation'
import { CriteriaInput, useDimensions, ValueOf, type Criterion } from './CriteriaInput'
import classes from './Editor.module.css'
import { FormulaInput } from './FormulaInput'
import { NumbersInput } from './NumbersInput'
import { PropertyPicker } from './PropertyPicker'
import { useProperties } from './useProperties'
import { useTargetType } from './useTargetType'
import { RefPicker } from './RefPicker'
import { labelOf, type Draft, type FieldShape, type Mistake } from './shape'
import { wordLists } from './shapes.generated'

export interface FieldInputProps {
  field: FieldShape
  /** Where it stands in the object: rules.0.priority. */
  path: string
  value: unknown
  /** The object around the field, and the whole one. */
  around: Draft
  whole: Draft
  mistakes: Mistake[]
  disabled?: boolean
  onChange: (path: string, value: unknown) => void
}

const wordOf = (word: string) => t.edit.words[word] ?? formatName(word.toLowerCase().replaceAll('_', ' '))

/** Names of places that hold formulas: written and read letter by letter. */
const isFormula = (f: FieldShape) => /expression$/i.test(f.name)

/** The field for one value of an object: its shape decides which. */
export function FieldInput(props: FieldInputProps) {
  const { field: f, path, value, disabled } = props
  const set = (next: unknown) => props.onChange(path, next)
  const own = props.mistakes.filter((m) => m.place === path && !m.isWarning)
  const error: ReactNode = own.length > 0 ? own.map((m) => m.message).join(' ') : undefined
  const common = { label: labelOf(f), error, disabled }
  const text = typeof value === 'string' ? value : ''

  switch (f.type) {
    case 'bool':
      return (
        <Checkbox
          {...common}
          className={classes.check}
          description={f.says}
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      )
    case 'word':
      return (
        <NativeSelect
          {...common}
          value={text}
          data={(wordLists[f.words ?? ''] ?? [])
            .filter((w) => w === text || isOffered(f.words ?? '', w))
            .map((w) => ({ value: w, label: wordOf(w) }))}
          onChange={(event) => set(event.currentTarget.value)}
        />
      )
    case 'int':
    case 'float':
      if (f.name === 'approvalWorkflowType')
        return (
          <NativeSelect
            {...common}
            value={String(value ?? 0)}
            data={t.catalogue.approvalWords.map((label, i) => ({ value: String(i), label }))}
            onChange={(event) => set(Number(event.currentTarget.value))}
          />
        )
      return (
        <TextInput
          {...common}
          type="number"
          step={f.type === 'float' ? 'any' : 1}
          min={f.min}
          max={f.max}
          placeholder={f.nullable ? t.edit.asPolicy : undefined}
          value={value === null || value === undefined ? '' : String(value)}
          onChange={(event) => {
            const typed = event.currentTarget.value
            const number = f.type === 'float' ? Number(typed) : Math.trunc(Number(typed))
            set(typed === '' ? (f.nullable ? null : 0) : number)
          }}
        />
      )
    case 'criteria':
      return (
        <CriteriaInput
          label={common.label}
          none={f.label && t.automation.whatever}
          disabled={disabled}
          error={deep(props.mistakes, path)}
          value={(value as Criterion[] | null) ?? []}
          onChange={set}
        />
      )
    case 'values':
      return f.name === 'imposedDimensions' ? <DimensionValues {...props} /> : <ValuesInput {...props} />
    case 'texts':
      if (f.name === 'requiredParameters') return <DimensionChoice {...props} />
      return (
        <TextInput
          {...common}
          description={f.says}
          value={((value as string[] | null) ?? []).join(', ')}
          onChange={(event) => set(event.currentTarget.value.split(',').map((x) => x.trimStart()))}
          onBlur={(event) =>
            set(
              event.currentTarget.value
                .split(',')
                .map((x) => x.trim())
                .filter(Boolean),
            )
          }
        />
      )
    case 'ints':
      return <NumbersInput {...common} description={f.says} value={(value as number[] | null) ?? []} onChange={set} />
    case 'part':
    case 'list': // fields of their own: see ObjectFields
      return null
    case 'text':
      break
  }
  if (f.secret)
    return (
      <PasswordInput
        {...common}
        description={f.says}
        placeholder={t.edit.secretStays}
        autoComplete="new-password"
        value={text}
        onChange={(event) => set(event.currentTarget.value)}
      />
    )
  if (f.name === 'key' && 'entityType' in props.around) return <KeyOf {...props} error={error} />
  if (f.name === 'resource') return <FixedResource {...props} error={error} />
  const ofTheWay = 'correspondence' in props.whole && !f.ref // each of another entity type, which only the way tells
  if (f.name === 'property' && 'resourceType' in props.around) return <PropertyOfType {...props} error={error} />
  if (f.ref === 'property' || (/property$/i.test(f.name) && !ofTheWay))
    return (
      <PropertyPicker
        {...common}
        entityType={entityTypeOf(f, props.whole)}
        value={text}
        required={f.required}
        holds={f.holds}
        onChange={set}
      />
    )
  if (f.ref || /entityType$/i.test(f.name))
    return <RefPicker {...common} table={f.ref ?? 'entity_type'} required={f.required} value={text} onChange={set} />
  if (isFormula(f))
    return (
      <FormulaInput
        label={common.label}
        says={f.says}
        value={text}
        whole={props.whole}
        errors={own.map((m) => m.message)}
        disabled={disabled}
        onChange={set}
      />
    )
  if (f.name === 'description')
    return (
      <Textarea
        {...common}
        autosize
        minRows={1}
        maxRows={12}
        value={text}
        onChange={(event) => set(event.currentTarget.value)}
      />
    )
  return (
    <TextInput
      {...common}
      required={f.required}
      description={/binding$/i.test(f.name) || (ofTheWay && !/name$|^identifier$/i.test(f.name)) ? f.says : undefined}
      value={text}
      maxLength={4000}
      onChange={(event) => set(event.currentTarget.value)}
    />
  )
}

/** Whose properties a field names: of the records of a section, of the owners, of the targets. */
function entityTypeOf(f: FieldShape, whole: Draft): string {
  if (f.name === 'dependsOnOwnerProperty') return String(whole.sourceEntityType ?? '')
  return String(whole.resourceEntityType ?? whole.targetEntityType ?? whole.entityType ?? '')
}

/** What is wrong at a place or below it, in one text. */
function deep(mistakes: Mistake[], path: string): string | undefined {
  const found = mistakes.filter((m) => !m.isWarning && (m.place === path || m.place.startsWith(`${path}.`)))
  return found.length > 0 ? found.map((m) => m.message).join(' ') : undefined
}

/** The resource that a link gives, of the kind that its property points to. */
function FixedResource(props: FieldInputProps & { error: ReactNode }) {
  // In a part that names a resource type itself it is of that one, and may be left out.
  const isItem = 'resourceType' in props.around
  const ofItem = useTargetType(isItem ? props.around.resourceType : undefined)
  const properties = useProperties(isItem ? ofItem : String(props.whole.targetEntityType ?? ''))
  const { path, value } = props
  const label = labelOf(props.field)
  const property = properties.find((p) => p.identifier === props.around.property)
  const target = property?.targetEntityType
  if (isItem && property && !target && !value && !props.error) return null // a scalar: any value counts
  if (!target)
    return (
      <TextInput
        label={label}
        error={props.error}
        required={!isItem}
        value={String(value ?? '')}
        onChange={(event) => props.onChange(path, event.currentTarget.value)}
      />
    )
  return (
    <div className={classes.stacked}>
      <span className={classes.label}>{label}</span>
      <ValueOf
        label={label}
        entityType={target}
        value={String(value ?? '')}
        error={props.error}
        onChange={(key) => props.onChange(path, key)}
      />
      {isItem && <span className="dim">{t.edit.anyResource}</span>}
    </div>
  )
}

/** A resource of the entity type that is named beside it. */
function KeyOf(props: FieldInputProps & { error: ReactNode }) {
  const label = labelOf(props.field)
  return (
    <div className={classes.stacked}>
      <span className={classes.label}>{label}</span>
      <ValueOf
        label={label}
        entityType={String(props.around.entityType)}
        value={String(props.value ?? '')}
        error={props.error}
        onChange={(key) => props.onChange(props.path, key)}
      />
    </div>
  )
}

/** A property of the accounts of the resource type that is named beside it. */
function PropertyOfType(props: FieldInputProps & { error: ReactNode }) {
  const { field, path, value, disabled, error } = props
  return (
    <PropertyPicker
      label={labelOf(field)}
      entityType={useTargetType(props.around.resourceType)}
      value={typeof value === 'string' ? value : ''}
      required={field.required}
      holds={field.holds}
      error={error}
      disabled={disabled}
      onChange={(next) => props.onChange(path, next)}
    />
  )
}

/** Some of the dimensions; also those that are named and do not exist, so that they can be taken off. */
function DimensionChoice({ field, path, value, mistakes, disabled, onChange }: FieldInputProps) {
  const dimensions = useDimensions()
  const chosen = (value as string[] | null) ?? []
  const names = [...new Set([...dimensions.map((d) => d.identifier), ...chosen])]
  return (
    <Checkbox.Group
      label={labelOf(field)}
      description={field.says}
      error={deep(mistakes, path)}
      value={chosen}
      onChange={(next) => onChange(path, next)}
    >
      {names.map((name) => (
        <Checkbox
          key={name}
          className={classes.check}
          value={name}
          label={dimensions.find((d) => d.identifier === name)?.displayName ?? name}
          disabled={disabled}
        />
      ))}
    </Checkbox.Group>
  )
}

/** A resource for each dimension, as far as one is chosen. */
function DimensionValues({ field, path, value, mistakes, disabled, onChange }: FieldInputProps) {
  const dimensions = useDimensions()
  const list = (value as { name: string; value: string }[] | null) ?? []
  const label = labelOf(field)
  return (
    <div className={classes.stacked} role="group" aria-label={label}>
      <span className={classes.label}>{label}</span>
      <span className="dim">{field.says}</span>
      {dimensions.map((d) => {
        const others = list.filter((v) => v.name !== d.identifier)
        const key = list.find((v) => v.name === d.identifier)?.value ?? ''
        return (
          <div key={d.identifier} className={classes.imposed}>
            <span>{d.displayName}</span>
            <ValueOf
              label={d.displayName}
              entityType={d.entityType}
              value={key}
              onChange={(next) =>
                onChange(path, next === '' ? others : [...others, { name: d.identifier, value: next }])
              }
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              disabled={disabled || key === ''}
              aria-label={t.edit.removeThis(d.displayName)}
              onClick={() => onChange(path, others)}
            >
              <IconX size={15} />
            </ActionIcon>
          </div>
        )
      })}
      {deep(mistakes, path) && <p className={classes.error}>{deep(mistakes, path)}</p>}
    </div>
  )
}

/** Names with values: the path of each dimension. */
function ValuesInput({ path, value, mistakes, disabled, onChange, ...props }: FieldInputProps) {
  const dimensions = useDimensions()
  const list = (value as { name: string; value: string }[] | null) ?? []
  const names = [...new Set([...dimensions.map((d) => d.identifier), ...list.map((v) => v.name)])]
  const label = labelOf(props.field)
  return (
    <div className={classes.stacked} role="group" aria-label={label}>
      <span className={classes.label}>{label}</span>
      {names.map((name) => (
        <TextInput
          key={name}
          label={dimensions.find((d) => d.identifier === name)?.displayName ?? name}
          placeholder={t.edit.path}
          disabled={disabled}
          value={list.find((v) => v.name === name)?.value ?? ''}
          onChange={(event) => {
            const typed = event.currentTarget.value
            const others = list.filter((v) => v.name !== name)
            onChange(path, typed === '' ? others : [...others, { name, value: typed }])
          }}
        />
      ))}
      {deep(mistakes, path) && <p className={classes.error}>{deep(mistakes, path)}</p>}
    </div>
  )
}
