import { Button } from '@mantine/core'
import { IconChecks, IconLoader } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { ProgressBar } from '../../ui/ProgressBar'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Departure.module.css'
import { DepartNowDialog } from './DepartNowDialog'
import { DepartureRows } from './DepartureRows'
import { DepartureDocument, type DepartureQuery } from './departure.generated'
import { isDone } from './looks'
import { UndoDepartureDialog } from './UndoDepartureDialog'

const route = getRouteApi('/shell/person/$id/departure')

type Proof = NonNullable<DepartureQuery['departureProof']>
type Outlook = NonNullable<DepartureQuery['departureOutlook']>

/** While something is under way it is looked at again so often. */
const lookAgain = 2_000

/** Makes somebody leave at once, and shows what became of everything. */
export function DepartureTab() {
  const { id } = route.useParams()
  const [{ data, error }, read] = useReading({
    query: DepartureDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const again = () => read({ requestPolicy: 'network-only' })
  usePersonChanges(id, again)
  const proof = data?.departureProof
  const moves = proof?.state === 'DEPARTED' && !proof.complete
  useEffect(() => {
    if (!moves) return
    const timer = setInterval(() => read({ requestPolicy: 'network-only' }), lookAgain)
    return () => clearInterval(timer)
  }, [moves, read])
  const outlook = data?.departureOutlook
  if (error && !data) return <ProblemNote problem={toProblem(error)} onRetry={again} />
  if (!data) return <Skeleton />
  return (
    <div className={classes.tab} tabIndex={0} role="group" aria-label={t.departure.tab}>
      <div className={classes.column}>
        {proof && <ProofView proof={proof} onDone={again} />}
        {!outlook && !proof && <EmptyNote title={t.departure.notFor} hint={t.departure.notForHint} />}
        {outlook && proof?.state !== 'DEPARTED' && <OutlookView outlook={outlook} onDone={again} />}
      </div>
    </div>
  )
}

function ProofView({ proof, onDone }: { proof: Proof; onDone: () => void }) {
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

function OutlookView({ outlook, onDone }: { outlook: Outlook; onDone: () => void }) {
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
