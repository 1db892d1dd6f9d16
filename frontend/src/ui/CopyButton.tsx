import { ActionIcon, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../lib/texts'

/** Copies a text; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      copyByHand(text)
    }
    setCopied(true)
    setTimeout(() => setCopied(false), 1_500)
  }
  return (
    <Tooltip label={copied ? t.common.copied : t.common.copy}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t.common.copyThis(what)}
        onClick={() => void copy()}
      >
        {copied ? <IconCheck size={14} color="var(--tone-green-text)" /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  )
}

// The clipboard interface needs a secure page; a server in an internal network may be on plain http.
function copyByHand(text: string) {
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
