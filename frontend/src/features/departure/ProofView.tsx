import { Button } from '@mantine/core'
import { IconChecks, IconLoader } from '@tabler/icons-react'
import { useState } from 'react'
import { actorName } from '../../lib/actor'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ProgressBar } from '../../ui/ProgressBar'
import classes from './Departure.module.css'
import type { DepartureQuery } from './departure.generated'
import { DepartureRows } from './DepartureRows'
import { isDone } from './looks'
import { UndoDepartureDialog } from './UndoDepartureDialog'

type Proof = NonNullable<DepartureQuery['departureProof']>

/** What became of all that somebody had, how far it is, and the way back. */
export function ProofView({ proof, onDone }: { proof: Proof; onDone: () => void }) {
  const [undoing, setUndoing] = useState(false)
  const counted = proof.rows.filter((row) => row.outcome !== 'TO_LOOK_AT')
  const done = counted.filter((row) => isDone(row.outcome)).length
  const toLook = proof.rows.length - counted.length
  const verdict = !proof.complete
    ? t.departure.incomplete(done, counted.length)
    : counted.length === 0
      ? t.departure.completeNone(formatExact(proof.completedAt ?? proof.at))
      : t.departure.complete(counted.length, formatExact(proof.completedAt ?? proof.at))
  return (
    <>
      <section className={classes.head} aria-label={t.departure.tab}>
        <div className={classes.verdict}>
          <Badge
            tone={proof.complete ? 'green' : 'blue'}
            icon={proof.complete ? IconChecks : IconLoader}
            spin={!proof.complete}
            word={verdict}
          />
          <span className={classes.buttons}>
            <Button variant="default" size="xs" onClick={() => window.print()}>
              {t.departure.print}
            </Button>
            {proof.state === 'DEPARTED' && (
              <Button variant="default" size="xs" onClick={() => setUndoing(true)}>
                {t.departure.undo}
              </Button>
            )}
          </span>
        </div>
        {!proof.complete && counted.length > 0 && (
          <ProgressBar value={done / counted.length} label={verdict} tone="blue" moving />
        )}
        <p>
          {t.departure.left(proof.person, formatExact(proof.at), actorName(proof.actor))}{' '}
          {proof.askedBy && t.departure.withFirst(actorName(proof.askedBy))}
        </p>
        <p>
          <span className="dim">{t.departure.because}:</span> {proof.reason}
        </p>
        {proof.state === 'RETURNED' && <p>{t.departure.returned}</p>}
        {toLook > 0 && <p>{t.departure.toLook(toLook)}</p>}
      </section>
      <section>
        <h2>{t.departure.list}</h2>
        <DepartureRows personId={proof.personId} rows={proof.rows} />
      </section>
      {proof.digest && (
        <section title={t.departure.sealHint}>
          <h2>{t.departure.seal}</h2>
          <p className="dim">{t.departure.sealText(proof.fromPosition, proof.toPosition)}</p>
          <p className={classes.seal} data-machine>
            {proof.digest}
          </p>
        </section>
      )}
      {undoing && (
        <UndoDepartureDialog
          personId={proof.personId}
          person={proof.person}
          onDone={onDone}
          onClose={() => setUndoing(false)}
        />
      )}
    </>
  )
}
