import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core'
import { IconChevronDown, IconChevronRight, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useMe } from '../../graphql/SessionContext'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { t } from '../../lib/texts'
import { endOfDay, startOfDay } from '../../lib/day'
import type { BasketLine } from './basket'
import { CheckedResult } from './CheckedResult'
import { longerText, periodText } from './dates'
import { actionIcons } from './looks'
import classes from './Request.module.css'
import type { CheckedFragment } from './request.generated'

type Checked = CheckedFragment['items'][number]

/** A day with a year that the server takes; what is still being typed is none. */
const wholeDay = (value: string) => (/^\d{4}-\d\d-\d\d$/.test(value) ? value : '')

const tones = { ADD: 'green', EXTEND: 'blue', REMOVE: 'red', DENY: 'red', ALLOW: 'teal' } as const

/** One line of the basket: what, for whom, from when until when, with which values, and what would become of it. */
export function BasketLineView(props: {
  line: BasketLine
  checked: Checked[] | undefined
  /** The answer is about what was in the basket a moment ago. */
  isOld: boolean
  onChange: (change: Partial<BasketLine>) => void
  onLeaveOut: (ownerId: string) => void
  onDrop: () => void
}) {
  const { line, checked = [], onChange } = props
  const lacking = line.parameters.some((p) => p.isRequired && !line.values[p.dimension]?.key)
  const isLonger = line.action === 'EXTEND'
  const needs =
    (line.action === 'ADD' && lacking) || ((line.action === 'ADD' || isLonger) && line.needsEnd && !line.until)
  const [open, setOpen] = useState(needs)
  const Sign = actionIcons[line.action]
  // what is taken away ends with the approval, but a role may be held several times
  const takes = line.action === 'REMOVE'
  const folds = !takes || line.parameters.length > 0
  const fault = (field: string) =>
    checked.flatMap((c) => c.findings).find((f) => f.field === field && f.severity === 'BLOCKS')?.message
  const until = line.until ? endOfDay(line.until).toISOString() : null
  const dates = isLonger
    ? longerText(until)
    : line.from || until
      ? periodText(line.from ? startOfDay(line.from).toISOString() : null, until)
      : t.request.asSoon
  return (
    <li className={classes.line}>
      <div className={classes.lineHead}>
        <Sign size={17} stroke={1.8} aria-hidden color={`var(--tone-${tones[line.action]}-text)`} />
        <div className={classes.lineWhat}>
          <strong>
            {line.action !== 'ADD' && `${t.request.action[line.action]}: `}
            {line.name}
          </strong>
          <span className="dim">{line.owners.map((o) => o.displayName).join(', ')}</span>
        </div>
        <Tooltip label={t.common.delete}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t.request.removedFrom(line.name)}
            onClick={props.onDrop}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {folds && (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          className={classes.foldButton}
          aria-expanded={open}
          aria-label={t.request.edit(line.name)}
          leftSection={open ? <IconChevronDown size={13} /> : <IconChevronRight size={13} />}
          onClick={() => setOpen(!open)}
        >
          {open
            ? t.request.fold
            : [dates, ...Object.values(line.values).map((v) => v.name)].filter(Boolean).join(' · ')}
        </Button>
      )}
      {folds && open && (
        <div className={classes.fields}>
          {(line.action === 'ADD' || isLonger || takes) &&
            line.parameters.map((p) => (
              <ValueField
                key={p.dimension}
                parameter={p}
                value={line.values[p.dimension]}
                error={p.isRequired && lacking && checked.length > 0 ? fault('parameters') : undefined}
                onChange={(value) => onChange({ values: { ...line.values, [p.dimension]: value } })}
              />
            ))}
          {!takes && !isLonger && (
            <TextInput
              type="date"
              label={t.request.from}
              description={t.request.fromHint}
              value={line.from}
              error={fault('startDate')}
              onChange={(event) => onChange({ from: wholeDay(event.currentTarget.value) })}
            />
          )}
          {takes ? null : line.takesEnd ? (
            <TextInput
              type="date"
              label={line.needsEnd ? `${t.request.until} *` : t.request.until}
              description={
                line.needsEnd ? t.request.neededUntil : isLonger ? t.request.extendHint : t.request.untilHint
              }
              value={line.until}
              error={fault('endDate')}
              onChange={(event) => onChange({ until: wholeDay(event.currentTarget.value) })}
            />
          ) : (
            <p className="dim">{t.request.ownEnd}</p>
          )}
        </div>
      )}
      <div className={classes.outcomes} data-old={props.isOld || undefined}>
        <CheckedResult items={checked} onLeaveOut={props.onLeaveOut} />
      </div>
    </li>
  )
}

/** A value of a dimension: found by name by whoever may list its resources, else said by its key. */
function ValueField(props: {
  parameter: BasketLine['parameters'][number]
  value: { key: string; name: string } | undefined
  error?: string
  onChange: (value: { key: string; name: string }) => void
}) {
  const { parameter: p, value, error, onChange } = props
  const me = useMe()
  const label = p.isRequired ? `${p.name} *` : `${p.name} (${t.common.optional})`
  if (me.scopes.queryResources.includes(p.entityType))
    return (
      <ResourcePicker
        label={label}
        entityType={p.entityType}
        value={value?.key ?? ''}
        name={value?.name}
        error={error}
        onChange={(key, _id, name) => onChange({ key, name })}
      />
    )
  return (
    <TextInput
      label={label}
      description={t.request.keyHint}
      autoComplete="off"
      maxLength={200}
      value={value?.key ?? ''}
      error={error}
      onChange={(event) => onChange({ key: event.currentTarget.value.trim(), name: event.currentTarget.value.trim() })}
    />
  )
}
