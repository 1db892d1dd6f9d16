import { Button } from '@mantine/core'
import { useState } from 'react'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import classes from './Departure.module.css'
import type { DepartureQuery } from './departure.generated'
import { DepartNowDialog } from './DepartNowDialog'
import { DepartureRows } from './DepartureRows'

type Outlook = NonNullable<DepartureQuery['departureOutlook']>

/** What a departure would end, what stands in the way, and the button. */
export function OutlookView({ outlook, onDone }: { outlook: Outlook; onDone: () => void }) {
  const [asking, setAsking] = useState(false)
  return (
    <section className={classes.column}>
      <div className={classes.head}>
        <div className={classes.verdict}>
          <span>
            {outlook.obstacle ??
              (outlook.askedBy ? t.departure.askedBy(actorName(outlook.askedBy)) : t.departure.aheadHint)}
          </span>
          <Button color="red" disabled={!outlook.canDepart} onClick={() => setAsking(true)}>
            {outlook.askedBy ? t.departure.confirm : t.departure.now}
          </Button>
        </div>
      </div>
      <div>
        <h2>{t.departure.ahead}</h2>
        {outlook.rows.length === 0 ? (
          <EmptyNote title={t.departure.nothing} hint={t.departure.nothingHint} />
        ) : (
          <DepartureRows personId={outlook.personId} rows={outlook.rows} ahead />
        )}
      </div>
      {asking && <DepartNowDialog outlook={outlook} onDone={onDone} onClose={() => setAsking(false)} />}
    </section>
  )
}
