import { Button, FileInput } from '@mantine/core'
import { useState } from 'react'
import { formatFile } from '../../lib/format'
import { t } from '../../lib/texts'

/** A request has at most 1 MiB, and base 64 makes a third more of a file. */
const most = 760_000

/** The field for a file: what is there now, another one, or none. The value becomes the content in base 64. */
export function FileField(props: { label: string; value: string; error?: string; onChange: (value: string) => void }) {
  const [chosen, setChosen] = useState<File | null>(null)
  const [tooLarge, setTooLarge] = useState(false)
  const choose = (file: File | null) => {
    setTooLarge(file !== null && file.size > most)
    if (file !== null && file.size > most) return
    setChosen(file)
    if (file === null) return props.onChange('')
    const reader = new FileReader()
    reader.onload = () => props.onChange(String(reader.result).replace(/^[^,]*,/, ''))
    reader.readAsDataURL(file)
  }
  return (
    <div>
      <FileInput
        label={props.label}
        value={chosen}
        placeholder={props.value === '' ? t.person.chooseFile : formatFile(props.value)}
        description={t.person.fileHint}
        error={tooLarge ? t.person.fileTooLarge : props.error}
        clearable
        onChange={choose}
      />
      {props.value !== '' && chosen === null && (
        <Button variant="subtle" size="compact-xs" onClick={() => props.onChange('')}>
          {t.person.removeFile}
        </Button>
      )}
    </div>
  )
}
