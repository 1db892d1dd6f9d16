import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { t } from '../../lib/texts'
import { RelativeTime } from '../../ui/RelativeTime'
import type { WhyStepFragment } from './WhyTab.generated'
import classes from './WhyTab.module.css'

/** An explanation as numbered sentences: the picture says nothing that is not said here. */
export function WhySteps({ steps }: { steps: WhyStepFragment[] }) {
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <li key={index}>
          {step.kind === 'RECORD' ? (
            <IconAlertTriangle size={14} color="var(--tone-amber-text)" aria-label={t.assignment.keptOtherwise} />
          ) : step.matched ? (
            <IconCheck size={14} color="var(--tone-green-text)" aria-label={t.assignment.matched} />
          ) : (
            <IconX size={14} color="var(--tone-red-text)" aria-label={t.assignment.notMatched} />
          )}
          <span>
            {step.text}{' '}
            {step.orderId && step.kind === 'ORDER' && (
              <Link to="/order/$orderId" params={{ orderId: step.orderId }}>
                {t.assignment.openOrder}
              </Link>
            )}
            {step.ruleSince && (
              <span className="dim">
                {t.why.ruleSince} <RelativeTime at={step.ruleSince} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ol>
  )
}
