import { createContext, useContext, useEffect, useRef } from 'react'

export interface Binding {
  /** `a`, `Enter`, `?`, or two keys in a row: `g h`. */
  key: string
  label: string
  run: (event: KeyboardEvent) => void
  /** Shown under "Everywhere" instead of "This page". */
  global?: boolean
}

/** Keymap knows which keys mean what on the page that is open. The component mounted last is asked first. */
export class Keymap {
  private layers: { current: Binding[] }[] = []
  private prefix = ''
  private prefixAt = 0
  private pauses = 0

  add(layer: { current: Binding[] }): () => void {
    this.layers.push(layer)
    return () => {
      this.layers = this.layers.filter((l) => l !== layer)
    }
  }

  /** Makes every key mean nothing until the function that is returned is called. */
  pause(): () => void {
    this.pauses++
    return () => {
      this.pauses--
    }
  }

  /** All bindings in force, each key once. */
  list(): Binding[] {
    const byKey = new Map<string, Binding>()
    for (const layer of this.layers.toReversed())
      for (const binding of layer.current) if (!byKey.has(binding.key)) byKey.set(binding.key, binding)
    return [...byKey.values()]
  }

  handle = (event: KeyboardEvent) => {
    if (this.pauses > 0) return
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target) || document.querySelector('[role="dialog"][aria-modal="true"]')) return
    if ((event.key === 'Enter' || event.key === ' ') && isControl(event.target)) return
    const now = Date.now()
    const sequence = this.prefix && now - this.prefixAt < 1_000 ? `${this.prefix} ${event.key}` : ''
    this.prefix = ''
    const bindings = this.list()
    const binding = bindings.find((b) => b.key === sequence) ?? bindings.find((b) => b.key === event.key)
    if (binding) {
      event.preventDefault()
      binding.run(event)
    } else if (bindings.some((b) => b.key.startsWith(`${event.key} `))) {
      this.prefix = event.key
      this.prefixAt = now
    }
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, [role="menuitem"], input, summary') !== null
}

export const KeymapContext = createContext(new Keymap())

/** Puts keys in force as long as the component is mounted. */
export function useKeys(bindings: Binding[]) {
  const keymap = useContext(KeymapContext)
  const layer = useRef(bindings)
  useEffect(() => {
    layer.current = bindings
  })
  useEffect(() => keymap.add(layer), [keymap])
}
