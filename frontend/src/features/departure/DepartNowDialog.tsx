import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import { DepartNowDocument, type DepartureQuery } from './departure.generated'

/** Asks once, by the name of the person and the number of accounts, and makes them leave. */
export function DepartNowDialog(props: {
  outlook: NonNullable<DepartureQuery['departureOutlook']>
  onDone: () => void
  onClose: () => void
}) {
  const { personId, person, accounts, askedBy, needsSecondPerson } = props.outlook
  const [reason, setReason] = useDraft(`departure.${personId}`)
  const [{ fetching }, depart] = useMutation(DepartNowDocument)
  const send = async (why: string) => {
    const { data, error } = await depart({ input: { personId, reason: why, confirmAccounts: accounts } })
    props.onDone()
    props.onClose()
    if (error) return notifyProblem(toProblem(error))
    setReason('')
    notifyDone(data?.departNow.needsSecondPerson ? t.departure.waits(person) : t.departure.done(person))
  }
  return (
    <ConfirmDialog
      title={t.departure.nowTitle(person)}
      text={
        <>
          <p>{t.departure.nowText(accounts)}</p>
          {askedBy ? (
            <p>{t.departure.nowConfirms(actorName(askedBy))}</p>
          ) : (
            needsSecondPerson && <p>{t.departure.nowSecond}</p>
          )}
        </>
      }
      action={t.departure.tab}
      danger
      reason={{ label: t.departure.reason, required: true, value: reason, onChange: setReason }}
      typed={{ label: t.departure.typed(person), word: person }}
      busy={fetching}
      onConfirm={(why) => void send(why)}
      onClose={props.onClose}
    />
  )
}
