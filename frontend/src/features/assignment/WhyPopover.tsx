import { ActionIcon, Button, Popover } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconHelp, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ExplainDocument, type EntitlementRowFragment } from './assignment.generated'
import classes from './WhyPopover.module.css'
import type { WhySearch } from './whySearch'

type Asked = {
  entitlement: EntitlementRowFragment
  /** Identifier of the resource type that a value belongs to. */
  typeOfValue?: string
  ownerId: string
  /** What holds at this instant; left out: now. */
  at?: string
  /** By what was known then; left out: now. */
  knownAt?: string
}

/** Why somebody has this, or had it: the recorded reasons, and on demand every step of the evaluation. */
export function WhyPopover(props: Asked) {
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
          {e.kind !== 'PROPERTY' &&
            (explaining ? (
              <Steps {...props} />
            ) : (
              <Button
                variant="default"
                title={props.knownAt ? t.assignment.explainPastHint : t.assignment.explainHint}
                onClick={() => setExplaining(true)}
              >
                {t.assignment.explain}
              </Button>
            ))}
          <Link
            to="/person/$id/why"
            params={{ id: props.ownerId }}
            search={{ ...subject(props), at: props.at, knownAt: props.knownAt }}
          >
            {t.assignment.askMore}
          </Link>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

/** What the page of an explanation is asked about. */
function subject({ entitlement: e, typeOfValue }: Asked): WhySearch {
  switch (e.kind) {
    case 'RESOURCE_TYPE':
      return { resourceType: e.identifier }
    case 'PROPERTY':
      return { resourceType: typeOfValue, property: e.identifier }
    default:
      return { role: e.identifier }
  }
}

function Steps({ entitlement, ownerId, at, knownAt }: Asked) {
  const about =
    entitlement.kind === 'RESOURCE_TYPE' ? { resourceType: entitlement.identifier } : { role: entitlement.identifier }
  const [{ data, error }] = useReading({
    query: ExplainDocument,
    variables: { input: { ownerId, at, knownAt, ...about } },
    requestPolicy: 'network-only',
  })
  if (error) return <ProblemNote problem={toProblem(error)} />
  if (!data) return <Skeleton lines={4} />
  return (
    <ol className={classes.steps} tabIndex={0} aria-label={t.assignment.explain}>
      {data.explain.steps.map((step, index) => (
        <li key={index}>
          {step.kind === 'RECORD' ? (
            <IconAlertTriangle size={14} color="var(--tone-amber-text)" aria-label={t.assignment.keptOtherwise} />
          ) : step.matched ? (
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
