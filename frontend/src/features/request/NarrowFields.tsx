import { TextInput } from '@mantine/core'
import { addDays, dayOf, endOfDay, startOfDay } from '../../lib/day'
import { t } from '../../lib/texts'
import classes from './Request.module.css'
import type { RequestDetailFragment } from './request.generated'

/** The days an approver says instead; empty: as it is asked for. */
export interface Narrowed {
  from: string
  until: string
}

export const asAsked: Narrowed = { from: '', until: '' }

/** The instants of those days. */
export const narrowedDates = ({ from, until }: Narrowed) => ({
  startDate: from ? startOfDay(from).toISOString() : undefined,
  endDate: until ? endOfDay(until).toISOString() : undefined,
})

/** Asks for a later start and an earlier end than is asked for: nothing else may be said. */
export function NarrowFields(props: {
  item: RequestDetailFragment
  value: Narrowed
  onChange: (value: Narrowed) => void
}) {
  const { item, value, onChange } = props
  const today = dayOf(new Date())
  const first = item.startDate ? dayOf(new Date(item.startDate)) : today
  const last = item.endDate ? dayOf(new Date(Date.parse(item.endDate) - 1)) : undefined
  return (
    <fieldset className={classes.narrow}>
      <legend>{t.request.narrow}</legend>
      {item.action === 'ADD' && (
        <TextInput
          type="date"
          label={t.request.narrowFrom}
          min={addDays(first < today ? today : first, 1)}
          max={last}
          value={value.from}
          onChange={(event) => onChange({ ...value, from: event.currentTarget.value })}
        />
      )}
      <TextInput
        type="date"
        label={t.request.narrowUntil}
        min={value.from || first}
        max={last}
        value={value.until}
        onChange={(event) => onChange({ ...value, until: event.currentTarget.value })}
      />
    </fieldset>
  )
}
