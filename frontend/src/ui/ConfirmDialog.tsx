import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { t } from '../lib/texts'
import classes from './ConfirmDialog.module.css'

export interface AskedReason {
  label: string
  required?: boolean
  max?: number
  value?: string
  onChange?: (text: string) => void
}

interface ConfirmDialogProps {
  title: string
  /** What will happen, and to how many. */
  text: ReactNode
  action: string
  danger?: boolean
  /**
   * Asks for a reason; `required` holds the action back until there is one. With `onChange` the text belongs to the caller: the dialog
   * opens with `value` and tells every change, so that nothing typed is lost when it is closed.
   */
  reason?: AskedReason
  /** Asks to type this word first. */
  typed?: { label: string; word: string }
  busy?: boolean
  onConfirm: (reason: string) => void
  onClose: () => void
}

/** The one confirmation. Mounted only while it is open. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { reason, typed } = props
  const [value, setValue] = useState(reason?.value ?? '')
  const [word, setWord] = useState('')
  const held = (reason?.required && value.trim() === '') || (typed !== undefined && word.trim() !== typed.word)
  return (
    <Modal opened onClose={props.onClose} title={props.title} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (!held && !props.busy) props.onConfirm(value.trim())
        }}
      >
        <div>{props.text}</div>
        {reason && (
          <Textarea
            label={reason.label}
            required={reason.required}
            description={reason.required ? undefined : t.common.optional}
            maxLength={reason.max ?? 4000}
            minRows={3}
            autosize
            data-autofocus
            value={value}
            onFocus={(event) => event.currentTarget.setSelectionRange(value.length, value.length)}
            onChange={(event) => {
              setValue(event.currentTarget.value)
              reason.onChange?.(event.currentTarget.value)
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
            }}
          />
        )}
        {typed && (
          <TextInput
            label={typed.label}
            data-autofocus
            autoComplete="off"
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
          />
        )}
        <div className={classes.buttons}>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
          <Button
            type="submit"
            color={props.danger ? 'red' : undefined}
            disabled={held}
            loading={props.busy}
            data-autofocus={!reason && !typed ? true : undefined}
          >
            {props.action}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
