import { IconCheck, IconPlayerPause } from '@tabler/icons-react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import type { WebhookRowFragment } from './WebhookListPage.generated'

export function WebhookStatus({ webhook }: { webhook: WebhookRowFragment }) {
  return webhook.isDisabled ? (
    <Badge tone="slate" icon={IconPlayerPause} word={t.webhook.disabled} hint={webhook.disabledReason ?? undefined} />
  ) : (
    <Badge tone="green" icon={IconCheck} word={t.webhook.enabled} />
  )
}
