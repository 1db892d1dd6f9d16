import { SegmentedControl } from '@mantine/core'

/** One of two or three ways to look at the same thing. */
export function ViewSwitch<T extends string>(props: {
  label: string
  value: T
  options: { value: T; label: string }[]
  onChange: (value: T) => void
}) {
  return (
    <SegmentedControl
      aria-label={props.label}
      value={props.value}
      data={props.options}
      onChange={(value) => props.onChange(value as T)}
    />
  )
}
