import { Button, Modal } from '@mantine/core'
import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'
import classes from './Webhook.module.css'

/** A signing secret, shown this one time. */
export function SecretOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      title={t.webhook.secretTitle}
    >
      <div className={classes.secret}>
        <p>{t.webhook.secretText}</p>
        <p className={classes.value}>
          <code data-testid="webhook-secret">{secret}</code>
          <CopyButton text={secret} what={t.webhook.secretTitle} />
        </p>
        <Button onClick={onClose}>{t.webhook.secretDone}</Button>
      </div>
    </Modal>
  )
}
