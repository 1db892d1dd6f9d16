import { IconCheck, IconClockPause, IconX } from '@tabler/icons-react'
import type { LineDecision } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import classes from './LineDecisions.module.css'

const choices = [
  { value: 'APPROVE', word: t.review.approve, icon: IconCheck },
  { value: 'DECLINE', word: t.review.decline, icon: IconX },
  { value: 'POSTPONE', word: t.review.postpone, icon: IconClockPause },
] as const

/** Approve, decline or postpone one line. */
export function LineDecisions(props: {
  label: string
  value: LineDecision | null
  disabled?: boolean
  onChange: (decision: LineDecision) => void
}) {
  return (
    <span className={classes.group} role="group" aria-label={t.review.lineDecision(props.label)}>
      {choices.map(({ value, word, icon: Glyph }) => (
        <button
          key={value}
          type="button"
          title={word}
          aria-label={word}
          aria-pressed={props.value === value}
          disabled={props.disabled}
          className={classes[value]}
          onClick={() => props.onChange(value)}
        >
          <Glyph size={14} stroke={2.2} aria-hidden />
        </button>
      ))}
    </span>
  )
}
