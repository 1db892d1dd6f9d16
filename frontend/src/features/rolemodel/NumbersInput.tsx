import { TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'

/** Whole numbers with commas between them; what is typed stays as it is typed until the field is left. */
export function NumbersInput({
  value,
  onChange,
  ...common
}: {
  label: string
  description?: string
  error?: ReactNode
  disabled?: boolean
  value: number[]
  onChange: (next: number[]) => void
}) {
  const [typed, setTyped] = useState<string | null>(null)
  return (
    <TextInput
      {...common}
      inputMode="numeric"
      value={typed ?? value.join(', ')}
      onChange={(event) => {
        const text = event.currentTarget.value.replace(/[^0-9, ]/g, '')
        setTyped(text)
        onChange(
          text
            .split(/[, ]+/)
            .filter(Boolean)
            .map(Number)
            .filter((n) => n <= 2147483647),
        )
      }}
      onBlur={() => setTyped(null)}
    />
  )
}
