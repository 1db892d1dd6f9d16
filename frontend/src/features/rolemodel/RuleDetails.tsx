import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'

/** The identifier of a rule, for whoever looks for it in the configuration. */
export function RuleDetails({ identifier }: { identifier: string }) {
  return (
    <details className="dim">
      <summary>{t.common.details}</summary>
      <code>{identifier}</code> <CopyButton text={identifier} what={t.common.identifier} />
    </details>
  )
}
