import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { toProblem } from '../../graphql/problem'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Departure.module.css'
import { DepartureDocument } from './departure.generated'
import { OutlookView } from './OutlookView'
import { ProofView } from './ProofView'

const route = getRouteApi('/shell/person/$id/departure')

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
