import type { Icon } from '@tabler/icons-react'
import type { Tone } from '../lib/tones'
import classes from './Badge.module.css'
import { cx } from './cx'

/** A state as colour, icon and word: never colour alone. */
export function Badge(props: { tone: Tone; icon: Icon; word: string; hint?: string; spin?: boolean; quiet?: boolean }) {
  const { tone, icon: Glyph, word, hint, spin, quiet } = props
  return (
    <span
      className={cx(classes.badge, quiet && classes.quiet)}
      title={hint}
      style={{ color: `var(--tone-${tone}-text)`, background: quiet ? undefined : `var(--tone-${tone}-back)` }}
    >
      <Glyph size={13} stroke={2.2} aria-hidden className={spin ? classes.spin : undefined} />
      <span className="cut">{word}</span>
    </span>
  )
}
