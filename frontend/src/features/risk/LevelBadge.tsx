import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'

/** How dangerous a risk is, as a number that can be told apart at a glance. */
export function LevelBadge({ level }: { level: number }) {
  const looks =
    level >= 75
      ? ({ tone: 'red', icon: IconAlertTriangle } as const)
      : level >= 40
        ? ({ tone: 'amber', icon: IconAlertTriangle } as const)
        : ({ tone: 'slate', icon: IconInfoCircle } as const)
  return <Badge {...looks} word={t.risk.ofLevel(level)} />
}
