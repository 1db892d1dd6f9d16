import type { ProvisioningState } from '../graphql/types.generated'
import { formatDuration } from '../lib/format'
import { orderSteps } from '../lib/orderSteps'
import { provisioningStates } from '../lib/states'
import { t } from '../lib/texts'
import { cx } from './cx'
import classes from './OrderStepper.module.css'
import { useNow } from './RelativeTime'

interface Move {
  at: string
  to?: ProvisioningState | null
  lineId?: string | null
}

/** The way of an order: the states it goes through, done ones filled, the current one pulsing while it moves. */
export function OrderStepper(props: {
  state: ProvisioningState
  isManual: boolean
  isReviewed: boolean
  history?: Move[]
  createdAt: string
  small?: boolean
}) {
  const now = useNow()
  const steps = orderSteps({ ...props, now })
  return (
    <ol className={cx(classes.steps, props.small && classes.small)} aria-label={t.order.progress}>
      {steps.map((step) => {
        const look = provisioningStates[step.state]
        const Glyph = look.icon
        const spent = step.spentMs === undefined ? '' : formatDuration(step.spentMs)
        return (
          <li
            key={step.state}
            className={cx(classes[step.position], step.isMoving && classes.moving)}
            aria-current={step.position === 'current' ? 'step' : undefined}
            title={spent ? t.order.spent(look.word, spent) : look.hint}
            style={{
              ['--tone' as string]: `var(--tone-${look.tone}-solid)`,
              ['--tone-text' as string]: `var(--tone-${look.tone}-text)`,
            }}
          >
            <span className={classes.dot}>
              <Glyph size={props.small ? 10 : 13} stroke={2.2} aria-hidden />
            </span>
            <span className={props.small ? 'sr-only' : classes.word}>
              {look.word}
              <span className="sr-only">, {t.order.step[step.position]}</span>
            </span>
          </li>
        )
      })}
    </ol>
  )
}
