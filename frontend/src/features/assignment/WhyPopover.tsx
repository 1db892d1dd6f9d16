import { ActionIcon, Button, Popover } from '@mantine/core'
import { IconCheck, IconHelp, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ExplainDocument, type EntitlementRowFragment } from './assignment.generated'
import classes from './WhyPopover.module.css'

/** Why somebody has this: the recorded reasons, and on demand every step of the evaluation. */
export function WhyPopover(props: { entitlement: EntitlementRowFragment; ownerId: string; mayExplain: boolean }) {
  const { entitlement: e } = props
  const [open, setOpen] = useState(false)
  const [explaining, setExplaining] = useState(false)
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-end"
      width="min(440px, calc(100vw - 24px))"
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t.assignment.whyTitle(e.name)}
          onClick={() => setOpen(!open)}
        >
          <IconHelp size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.assignment.whyTitle(e.name)}>
        <div className={classes.box}>
          <h2>{t.assignment.whyTitle(e.name)}</h2>
          {e.reasons.length === 0 ? (
            <p className="dim">{t.assignment.noReasons}</p>
          ) : (
            <ul className={classes.reasons}>
              {e.reasons.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          )}
          {props.mayExplain &&
            e.kind !== 'PROPERTY' &&
            (explaining ? (
              <Steps entitlement={e} ownerId={props.ownerId} />
            ) : (
              <Button variant="default" title={t.assignment.explainHint} onClick={() => setExplaining(true)}>
                {t.assignment.explain}
              </Button>
            ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function Steps({ entitlement, ownerId }: { entitlement: EntitlementRowFragment; ownerId: string }) {
  const about =
    entitlement.kind === 'RESOURCE_TYPE' ? { resourceType: entitlement.identifier } : { role: entitlement.identifier }
  const [{ data, error }] = useReading({
    query: ExplainDocument,
    variables: { input: { ownerId, ...about } },
    requestPolicy: 'network-only',
  })
  if (error) return <ProblemNote problem={toProblem(error)} />
  if (!data) return <Skeleton lines={4} />
  return (
    <ol className={classes.steps} tabIndex={0} aria-label={t.assignment.explain}>
      {data.explain.steps.map((step, index) => (
        <li key={index}>
          {step.matched ? (
            <IconCheck size={14} color="var(--tone-green-text)" aria-label={t.assignment.matched} />
          ) : (
            <IconX size={14} color="var(--tone-red-text)" aria-label={t.assignment.notMatched} />
          )}
          <span>{step.text}</span>
        </li>
      ))}
    </ol>
  )
}
