import { ActionIcon, Button, Checkbox } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../../lib/texts'
import classes from './Editor.module.css'
import { FieldInput, type FieldInputProps } from './FieldInput'
import { isMapping } from './mapping'
import { MappingLine } from './MappingLine'
import { blank, fieldsOf, freeName, labelled, labelOf, type Draft, type Mistake } from './shape'

/** All fields of an object or of a part of one, in the order in which they are declared. */
export function ObjectFields(props: {
  struct: string
  value: Draft
  whole: Draft
  /** Where the part stands; empty: it is the object. */
  path: string
  /** Only these; left out: all. */
  only?: (name: string) => boolean
  mistakes: Mistake[]
  disabled?: boolean
  onChange: (path: string, value: unknown) => void
}) {
  const { struct, value, path, only = () => true } = props
  return fieldsOf(struct)
    .filter((f) => only(f.name))
    .map((f) => {
      const Input = f.type === 'part' ? PartInput : f.type === 'list' ? ListInput : FieldInput
      return (
        <Input
          key={f.name}
          field={labelled(struct, f)}
          path={path ? `${path}.${f.name}` : f.name}
          value={value[f.name]}
          around={value}
          whole={props.whole}
          mistakes={props.mistakes}
          disabled={props.disabled}
          onChange={props.onChange}
        />
      )
    })
}

/** A part that may be left out. */
function PartInput(props: FieldInputProps) {
  const { field: f, path, value, onChange, disabled } = props
  const label = labelOf(f)
  return (
    <fieldset className={classes.part}>
      <legend>
        <Checkbox
          label={label}
          description={f.says}
          disabled={disabled}
          checked={value !== null && value !== undefined}
          onChange={(event) => onChange(path, event.currentTarget.checked ? blank(f.of ?? '') : null)}
        />
      </legend>
      {value !== null && value !== undefined && (
        <div className={classes.fields}>
          <ObjectFields {...props} struct={f.of ?? ''} value={value as Draft} path={path} />
        </div>
      )}
    </fieldset>
  )
}

/** Several parts, each with a name of its own. */
function ListInput(props: FieldInputProps) {
  const { field: f, path, whole, onChange, disabled } = props
  const list = (props.value as Draft[] | null) ?? []
  const label = labelOf(f)
  const hasNames = fieldsOf(f.of ?? '').some((x) => x.name === 'identifier')
  // What was just added is open: a line alone says nothing yet.
  const [added, setAdded] = useState<number | null>(null)
  return (
    <section className={classes.list} aria-label={label}>
      <h2>{label}</h2>
      {list.map((element, i) => {
        const name = hasNames ? String(element.identifier || i + 1) : String(i + 1)
        const inside = <ObjectFields {...props} struct={f.of ?? ''} value={element} path={`${path}.${i}`} />
        const remove = (
          <ActionIcon
            variant="subtle"
            color="gray"
            disabled={disabled}
            aria-label={t.edit.removeThis(name)}
            onClick={() => {
              setAdded(null)
              onChange(
                path,
                list.filter((_, k) => k !== i),
              )
            }}
          >
            <IconTrash size={15} />
          </ActionIcon>
        )
        if (isMapping(f.name))
          return (
            <details
              key={i}
              className={classes.line}
              open={i === added || props.mistakes.some((m) => !m.isWarning && m.place.startsWith(`${path}.${i}.`))}
            >
              <summary>
                <MappingLine rule={element} whole={whole} />
              </summary>
              <fieldset className={classes.element} aria-label={`${label} ${name}`}>
                <div className={classes.elementHead}>
                  <strong data-machine>{name}</strong>
                  {remove}
                </div>
                <div className={classes.fields}>{inside}</div>
              </fieldset>
            </details>
          )
        return (
          <fieldset key={i} className={classes.element} aria-label={`${label} ${name}`}>
            <div className={classes.elementHead}>
              <strong data-machine>{name}</strong>
              {remove}
            </div>
            <div className={classes.fields}>{inside}</div>
          </fieldset>
        )
      })}
      <Button
        variant="subtle"
        className={classes.add}
        disabled={disabled}
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => {
          setAdded(list.length)
          onChange(path, [...list, blank(f.of ?? '', hasNames ? { identifier: freeName(whole, f.name) } : {})])
        }}
      >
        {t.edit.add(label.toLowerCase())}
      </Button>
    </section>
  )
}
