import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'

/** How a number from 0 to 100 looks that says how dangerous something is. */
export function looksOf(level: number) {
  if (level >= 75) return { tone: 'red', icon: IconAlertTriangle } as const
  if (level >= 40) return { tone: 'amber', icon: IconAlertTriangle } as const
  return { tone: 'slate', icon: IconInfoCircle } as const
}
