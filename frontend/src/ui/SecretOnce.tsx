import { Button, Modal } from '@mantine/core'
import { type ReactNode } from 'react'
import { t } from '../lib/texts'
import { CopyButton } from './CopyButton'
import classes from './SecretOnce.module.css'

interface SecretOnceProps {
  title: string
  text: string
  secret: string
  /** Below it: how it is used. */
  children?: ReactNode
  onClose: () => void
}

/** A secret, shown this one time. */
export function SecretOnce({ title, text, secret, children, onClose }: SecretOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      title={title}
    >
      <div className={classes.secret}>
        <p>{text}</p>
        <p className={classes.value}>
          <code data-testid="secret" data-machine>
            {secret}
          </code>
          <CopyButton text={secret} what={title} />
        </p>
        {children}
        <Button onClick={onClose}>{t.common.copiedIt}</Button>
      </div>
    </Modal>
  )
}
