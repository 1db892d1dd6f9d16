import { FieldInput } from './FieldInput'
import { fieldsOf, type Draft, type Mistake } from './shape'

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
    .map((f) => (
      <FieldInput
        key={f.name}
        field={f}
        path={path ? `${path}.${f.name}` : f.name}
        value={value[f.name]}
        around={value}
        whole={props.whole}
        mistakes={props.mistakes}
        disabled={props.disabled}
        onChange={props.onChange}
      />
    ))
}
