import classes from './ProgressBar.module.css'
import { cx } from './cx'
import type { Tone } from '../lib/tones'

/** A bar from 0 to 1. */
export function ProgressBar(props: { value: number; label: string; tone?: Tone; moving?: boolean }) {
  const percent = Math.round(Math.max(0, Math.min(1, props.value)) * 100)
  return (
    <span
      className={classes.bar}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span
        className={cx(props.moving && classes.moving)}
        style={{ width: `${percent}%`, background: `var(--tone-${props.tone ?? 'blue'}-solid)` }}
      />
    </span>
  )
}
